using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>One draw of the latent for every row, with what an evidence lower bound needs of it. Densities are with respect to Lebesgue measure in tangent coordinates at the origin, in nats.</summary>
/// <param name="Latent">w [batch x n], in tangent coordinates at the origin.</param>
/// <param name="LogPosterior">log q(w | x) [batch x 1].</param>
/// <param name="LogPrior">log p(w) = log N(w; 0, I) [batch x 1].</param>
public readonly record struct LatentDraw(Var Latent, Var LogPosterior, Var LogPrior)
{
    /// <summary>Records log q - log p [batch x 1]: its mean over draws is the divergence KL(q, p).</summary>
    public Var Divergence<T>(Tape<T> tape) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> => tape.Subtract(LogPosterior, LogPrior);
}
