using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Plain loops over short rows in double, for the geometry of a handful of coordinates.</summary>
internal static class RowVectors
{
    public static void Widen<T>(ReadOnlySpan<T> x, Span<double> y, double scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++) y[i] = double.CreateTruncating(x[i]) * scale;
    }

    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }

    /// <summary>|x| without overflow or underflow of the squares.</summary>
    public static double Length(ReadOnlySpan<double> x)
    {
        double sum = Dot(x, x);
        if (sum > 1e-200 && sum < 1e200) return Math.Sqrt(sum);
        double largest = 0;
        foreach (double v in x) largest = Math.Max(largest, Math.Abs(v));
        if (largest == 0 || !double.IsFinite(largest)) return largest;
        sum = 0;
        foreach (double v in x) sum += v / largest * (v / largest);
        return largest * Math.Sqrt(sum);
    }

    /// <summary>sqrt(a^2 + b^2) without overflow.</summary>
    public static double Hypotenuse(double a, double b)
    {
        double large = Math.Max(Math.Abs(a), Math.Abs(b)), small = Math.Min(Math.Abs(a), Math.Abs(b));
        return large is > 1e-150 and < 1e150 ? Math.Sqrt((a * a) + (b * b)) : large == 0 || !double.IsFinite(large) ? large : large * Math.Sqrt(1 + (small / large * (small / large)));
    }

    /// <summary>y = x / length, whose sign may be either; zeros for 0.</summary>
    public static void Unit(ReadOnlySpan<double> x, double length, Span<double> y)
    {
        for (int i = 0; i < x.Length; i++) y[i] = length != 0 ? x[i] / length : 0;
    }

    /// <summary>y = x without its part along the unit vector e, taken off twice so that it is orthogonal to the last digit; returns e.x.</summary>
    public static double Split(ReadOnlySpan<double> x, ReadOnlySpan<double> e, Span<double> y)
    {
        double along = Dot(x, e);
        for (int i = 0; i < x.Length; i++) y[i] = x[i] - (along * e[i]);
        double rest = Dot(y, e);
        for (int i = 0; i < x.Length; i++) y[i] -= rest * e[i];
        return along + rest;
    }
}
