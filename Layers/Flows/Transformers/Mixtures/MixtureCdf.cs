using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The distribution function F(x) = sum_k w_k G((x - mu_k)/s_k) of a mixture, G logistic or normal, as log F, log(1 - F) and log F': no tail cancels.</summary>
/// <param name="Normal">Whether the components are normal; logistic otherwise.</param>
/// <param name="LogWeights">[N x K], N the elements of x.</param>
/// <param name="Means">[N x K].</param>
/// <param name="LogScales">[N x K].</param>
internal readonly record struct MixtureCdf(bool Normal, Var LogWeights, Var Means, Var LogScales)
{
    // log sqrt(2 pi)
    private const double LogRootTwoPi = 0.91893853320467274178;

    /// <summary>From raw parameters of which each element's K logits, K means and K logarithms of scales begin at column <paramref name="start"/>.</summary>
    public static MixtureCdf From<T>(Tape<T> tape, bool normal, Var perElement, int start, int components) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var logits = tape.SliceColumns(perElement, start, components);
        return new MixtureCdf(
            normal, tape.Subtract(logits, tape.RowLogSumExp(logits)), tape.SliceColumns(perElement, start + components, components),
            tape.SliceColumns(perElement, start + (2 * components), components));
    }

    /// <summary>Start values: equal weights, scale 1, means from -1 to 1, apart so that components do not stay equal.</summary>
    public static void Start(Span<double> raw, int components)
    {
        raw.Clear();
        for (int k = 0; k < components; k++) raw[components + k] = components == 1 ? 0 : (2.0 * k / (components - 1)) - 1;
    }

    /// <summary>log F, log(1 - F) and log F', each shaped like x.</summary>
    public (Var Below, Var Above, Var Density) Record<T>(Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var minus = tape.Multiply(tape.Subtract(Means, x.Reshape(x.Length, 1)), tape.Exp(tape.Negate(LogScales))), y = tape.Negate(minus);
        Var below = Normal ? tape.LogNormalCdf(y) : tape.LogSigmoid(y), above = Normal ? tape.LogNormalCdf(minus) : tape.LogSigmoid(minus);
        Var density = Normal ? tape.AddConstant(tape.Scale(tape.Square(y), -0.5), -LogRootTwoPi) : tape.Add(below, above);
        return (Sum(tape, below, x), Sum(tape, above, x), Sum(tape, tape.Subtract(density, LogScales), x));
    }

    private Var Sum<T>(Tape<T> tape, Var log, Var x) where T : unmanaged, IFloatingPointIeee754<T>
        => tape.RowLogSumExp(tape.Add(log, LogWeights)).Reshape(x.Rows, x.Cols);
}
