namespace NativeFlow.Layers;

/// <summary>What one training step of a latent-variable model did. Means over the batch, in nats, by one draw a row.</summary>
/// <param name="Step">Number of the step, from 0.</param>
/// <param name="Objective">What was minimised: -log-likelihood given the latent + beta divergence, and any <see cref="ILogWeightTerm{T}"/>.</param>
/// <param name="LogLikelihood">log p(x | w), given the latent: not the likelihood of the data.</param>
/// <param name="Divergence">log q - log p, or KL(q, p) in closed form.</param>
/// <param name="Beta">Weight of the divergence.</param>
/// <param name="Radius">Radius of the step; infinite for a Euclidean model.</param>
/// <param name="GradientNorm">2-norm of the gradient before clipping; NaN when no clipping asked for it.</param>
/// <param name="LearningRate">Rate used.</param>
public readonly record struct LatentStepReport(long Step, double Objective, double LogLikelihood, double Divergence, double Beta, double Radius, double GradientNorm, double LearningRate)
{
    /// <summary>The batch's evidence lower bound: <see cref="LogLikelihood"/> - <see cref="Divergence"/>.</summary>
    public double EvidenceLowerBound => LogLikelihood - Divergence;
}
