using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What one draw of the latent says of every row.</summary>
/// <param name="LogLikelihood">log p(x | w) [batch x 1].</param>
/// <param name="Draw">The draw.</param>
public readonly record struct LatentTerms(Var LogLikelihood, LatentDraw Draw)
{
    /// <summary>Records log p(x | w) + log p(w) - log q(w | x) [batch x 1]: the log weight of an importance sample; its mean over draws is the evidence lower bound.</summary>
    public Var LogWeight<T>(Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T> => tape.Subtract(LogLikelihood, Draw.Divergence(tape));
}
