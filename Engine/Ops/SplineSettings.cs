using System.Numerics;

namespace NativeFlow.Engine;

/// <summary>Shape of a rational-quadratic spline, see <see cref="RationalQuadraticSplineOp{T}"/>.</summary>
/// <param name="Bins">Number of bins K.</param>
/// <param name="TailBound">B: the spline works on [-B, B], the identity outside.</param>
/// <param name="MinBinWidth">Least width of a bin, as a part of 2 B.</param>
/// <param name="MinBinHeight">Least height of a bin, as a part of 2 B.</param>
/// <param name="MinDerivative">Least slope at an inner knot.</param>
/// <param name="IdentityInit">Sharpens the softplus so that raw parameters of 0 give the identity: slope 1 at every knot.</param>
/// <param name="RawFactor">Factor on raw widths and heights, such as 1/sqrt(hidden) behind a network.</param>
public readonly record struct SplineSettings(
    int Bins, double TailBound, double MinBinWidth = 1e-3, double MinBinHeight = 1e-3, double MinDerivative = 1e-3, bool IdentityInit = false, double RawFactor = 1)
{
    /// <summary>Raw parameters of one element: K widths, K heights, K - 1 inner slopes.</summary>
    public int RawLength => (3 * Bins) - 1;

    /// <summary>Refuses settings that make no spline.</summary>
    /// <exception cref="ArgumentException">One of them is out of range; the message says which.</exception>
    public void Check()
    {
        if (Bins is < 1 or > 4096) throw new ArgumentException($"RationalQuadraticSpline: bins is {Bins}; it must lie in 1..4096.");
        if (!(TailBound > 0) || !double.IsFinite(TailBound)) throw new ArgumentException($"RationalQuadraticSpline: tail_bound is {TailBound}; it must be positive and finite.");
        if (!(MinBinWidth > 0 && MinBinWidth * Bins < 1)) throw new ArgumentException($"RationalQuadraticSpline: min_bin_width is {MinBinWidth}; with {Bins} bins it must lie in (0, {1.0 / Bins}).");
        if (!(MinBinHeight > 0 && MinBinHeight * Bins < 1)) throw new ArgumentException($"RationalQuadraticSpline: min_bin_height is {MinBinHeight}; with {Bins} bins it must lie in (0, {1.0 / Bins}).");
        if (!(MinDerivative > 0 && MinDerivative < 1)) throw new ArgumentException($"RationalQuadraticSpline: min_derivative is {MinDerivative}; it must lie in (0, 1).");
        if (!(RawFactor > 0) || !double.IsFinite(RawFactor)) throw new ArgumentException($"RationalQuadraticSpline: raw_factor is {RawFactor}; it must be positive and finite.");
    }

    internal Var Record<T>(Tape<T> tape) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double beta = IdentityInit ? Math.Log(2) / (1 - MinDerivative) : 1;
        return tape.Input(
            [T.CreateTruncating(TailBound), T.CreateTruncating(MinBinWidth), T.CreateTruncating(MinBinHeight), T.CreateTruncating(MinDerivative), T.CreateTruncating(beta), T.CreateTruncating(RawFactor)],
            1, 6);
    }
}
