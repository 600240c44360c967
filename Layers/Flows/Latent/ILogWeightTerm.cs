using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Something added to the log weights log p(x | w) + log p(w) - log q(w | x), in training or in evaluation. What comes of it is no bound on
/// the likelihood any more: it is here so that objectives of others can be reproduced from outside.
/// </summary>
public interface ILogWeightTerm<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Records the term [batch x 1] for a draw.</summary>
    Var Record(Tape<T> tape, LatentModel<T> model, in LatentDraw draw);
}
