using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The settings of a spline as its kernels use them.</summary>
internal readonly struct SplineNumbers<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Least sizes and the rest that softmax shares out are in units of x: times 2 B.</summary>
    public readonly T Bound, LeastWidth, LeastHeight, WidthRest, HeightRest, LeastSlope, Beta, InverseBeta, Factor, FactorLog2E, LastBin;

    public SplineNumbers(ReadOnlySpan<T> settings, int bins)
    {
        T size = settings[0] + settings[0], k = T.CreateTruncating(bins);
        Bound = settings[0];
        LastBin = k - T.One;
        LeastWidth = size * settings[1];
        LeastHeight = size * settings[2];
        WidthRest = size * (T.One - (settings[1] * k));
        HeightRest = size * (T.One - (settings[2] * k));
        LeastSlope = settings[3];
        Beta = settings[4];
        InverseBeta = T.One / settings[4];
        Factor = settings[5];
        FactorLog2E = settings[5] * T.CreateTruncating(1.4426950408889634);
    }
}
