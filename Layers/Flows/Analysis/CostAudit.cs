namespace NativeFlow.Layers;

/// <summary>What a forward and backward pass over the rows costs in training and with everything exact, in double.</summary>
/// <param name="TrainMilliseconds">Median time in training.</param>
/// <param name="ExactMilliseconds">Median time with everything exact.</param>
/// <param name="TrainNodes">Nodes on the tape in training.</param>
/// <param name="ExactNodes">Nodes with everything exact.</param>
/// <param name="TrainBytes">Bytes of the values those nodes hold.</param>
/// <param name="ExactBytes">The same with everything exact.</param>
public sealed record CostAudit(double TrainMilliseconds, double ExactMilliseconds, int TrainNodes, int ExactNodes, long TrainBytes, long ExactBytes);
