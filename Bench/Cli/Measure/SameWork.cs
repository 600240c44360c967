using System.Numerics;

namespace NativeFlow.Cli;

/// <summary>Holds a peer's result against ours before anything is timed: two that do not compute the same cannot be compared.</summary>
internal static unsafe class SameWork
{
    /// <summary>Calls ours (the first contender) and the peer once and compares; y and z are their results.</summary>
    /// <exception cref="InvalidOperationException">They differ by more than rounding.</exception>
    public static void Require<T>(BenchCase what, Action<int> peer, T* y, T* z, long count) where T : unmanaged, IFloatingPointIeee754<T>
    {
        what.Contenders[0].Time(1);
        peer(1);
        double most = 0, off = 0;
        for (long i = 0; i < count; i++)
        {
            double a = double.CreateTruncating(y[i]), b = double.CreateTruncating(z[i]);
            most = Math.Max(most, Math.Abs(a));
            // A NaN must not pass for no difference.
            off = double.IsNaN(a - b) ? double.PositiveInfinity : Math.Max(off, Math.Abs(a - b));
        }

        double allowed = (typeof(T) == typeof(float) ? 1e-3 : 1e-10) * Math.Max(most, 1e-30);
        if (off > allowed) throw new InvalidOperationException($"{what.Key.Label}: {what.Contenders[^1].Name} and ours differ by {off:g3}, results are up to {most:g3}.");
    }
}
