namespace NativeFlow.Layers;

/// <summary>What one training step did.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Objective">Mean objective of the batch in nats, without penalties. See <paramref name="Value"/> before calling it a likelihood.</param>
/// <param name="Value">What the objective's log-determinants are.</param>
/// <param name="Penalty">Weighted penalties.</param>
/// <param name="ReconstructionError">Mean over the batch of |R W x - x|^2, summed over the layers with a learned inverse; NaN when there is none.</param>
/// <param name="GradientNorm">2-norm of the gradient before clipping; NaN when no clipping asked for it.</param>
/// <param name="LearningRate">Rate used.</param>
public readonly record struct StepReport(long Step, double Objective, ValueKind Value, double Penalty, double ReconstructionError, double GradientNorm, double LearningRate)
{
    /// <summary>The batch's mean negative log-likelihood in nats; null when the objective is none.</summary>
    public double? NegativeLogLikelihood => Value == ValueKind.Exact ? Objective : null;
}
