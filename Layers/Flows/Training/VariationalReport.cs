namespace NativeFlow.Layers;

/// <summary>What one variational step did.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Objective">Mean of log q(x) - log target(x) over the batch: the reverse KL divergence in nats, less the log of the target's normaliser.</param>
/// <param name="GradientNorm">2-norm of the gradient before clipping; NaN when no clipping asked for it.</param>
/// <param name="LearningRate">Rate used.</param>
public readonly record struct VariationalReport(long Step, double Objective, double GradientNorm, double LearningRate);
