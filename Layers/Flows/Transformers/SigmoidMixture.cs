using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// The logit of a mixture of logistic functions, y = sum_k w_k s(u_k), in logarithms throughout: log y and log(1 - y) are sums of their own, so neither cancels in a tail.
/// </summary>
internal static class SigmoidMixture
{
    /// <summary>Records logit((1 - delta) y + delta / 2) and log d logit / dx.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="pre">u [rows x K].</param>
    /// <param name="logWeights">log w [rows x K], each row's w adding up to 1.</param>
    /// <param name="logSlopes">log du/dx [rows x K].</param>
    /// <param name="delta">0 for the whole line; above it the logit stays within +-log(2/delta - 1).</param>
    public static (Var Z, Var LogSlope) Record<T>(Tape<T> tape, Var pre, Var logWeights, Var logSlopes, double delta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Var below = tape.LogSigmoid(pre), above = tape.LogSigmoid(tape.Negate(pre));
        Var logY = tape.RowLogSumExp(tape.Add(logWeights, below)), logRest = tape.RowLogSumExp(tape.Add(logWeights, above));
        Var logDensity = tape.RowLogSumExp(tape.Add(tape.Add(logWeights, logSlopes), tape.Add(below, above)));
        if (delta > 0)
        {
            (logY, logRest) = (Inside(tape, logY, delta), Inside(tape, logRest, delta));
            logDensity = tape.AddConstant(logDensity, Math.Log(1 - delta));
        }
        return (tape.Subtract(logY, logRest), tape.Subtract(logDensity, tape.Add(logY, logRest)));
    }

    /// <summary>Range of the logit.</summary>
    public static RootBounds Bounds(double delta)
    {
        double most = delta > 0 ? Math.Log((2 / delta) - 1) : double.PositiveInfinity;
        return new RootBounds(double.NegativeInfinity, double.PositiveInfinity, -most, most);
    }

    /// <summary>Records u - log sum exp(u) of every row.</summary>
    public static Var LogSoftmax<T>(Tape<T> tape, Var u) where T : unmanaged, IFloatingPointIeee754<T> => tape.Subtract(u, tape.RowLogSumExp(u));

    /// <summary>Throws unless the number of units lies in 1 .. 1000.</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void CheckUnits(int units)
    {
        if (units is < 1 or > 1000) throw new ArgumentException($"units is {units}; it must lie in 1 .. 1000.");
    }

    /// <summary>Throws unless delta lies in [0, 1).</summary>
    /// <exception cref="ArgumentException">It does not.</exception>
    public static void Check(double delta)
    {
        if (!(delta >= 0 && delta < 1)) throw new ArgumentException($"delta is {delta}; it must lie in [0, 1).");
    }

    // log((1 - delta) y + delta / 2) from log y.
    private static Var Inside<T>(Tape<T> tape, Var logY, double delta) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double floor = Math.Log(delta / 2);
        return tape.AddConstant(tape.Softplus(tape.AddConstant(logY, Math.Log(1 - delta) - floor)), floor);
    }
}
