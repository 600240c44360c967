namespace NativeFlow.Layers;

/// <summary>What one epoch did.</summary>
/// <param name="Epoch">Epochs done, from 1.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Objective">Mean training objective in nats over the epoch's steps.</param>
/// <param name="Value">What the objective's log-determinants are: a likelihood only when exact.</param>
/// <param name="ReconstructionError">Mean |R W x - x|^2 over the epoch's steps, summed over layers; NaN without a learned inverse.</param>
/// <param name="LearningRate">Rate of the last step.</param>
/// <param name="Validation">Exact validation likelihood; null when this epoch had no validation.</param>
/// <param name="IsBest">Whether it is the best validation so far.</param>
public sealed record EpochReport(int Epoch, long Step, double Objective, ValueKind Value, double ReconstructionError, double LearningRate, LikelihoodEvaluation? Validation, bool IsBest);
