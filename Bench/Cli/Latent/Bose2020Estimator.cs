using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>
/// What the authors' code of "Latent Variable Modelling with Hyperbolic Normalizing Flows" (Bose et al. 2020) has too much: of hyperbolic models it subtracts
/// (n - 1)(log R + log(sinh(r)/r)), r = |w|/R, from every log weight, in training and in the test. The volume of the exponential map, counted for the posterior and not for
/// the prior. With it the objective and the K-sample estimate are no bounds; it is here to reproduce published numbers.
/// </summary>
internal sealed class Bose2020Estimator<T> : ILogWeightTerm<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Name under which results are printed: never a likelihood.</summary>
    public const string Name = "bose2020 estimate";

    /// <inheritdoc/>
    public Var Record(Tape<T> tape, LatentModel<T> model, in LatentDraw draw)
    {
        if (model.Space is not { } space) return tape.Constant(0, draw.Latent.Rows, 1);
        Var volume = tape.Add(space.LogSinhRatio(tape, draw.Latent), tape.Log(space.RecordRadius(tape)));
        return tape.Scale(volume, -(model.Latent - 1.0));
    }
}
