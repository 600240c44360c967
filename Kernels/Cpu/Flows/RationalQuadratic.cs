using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Monotone rational-quadratic splines with linear tails on every element of x [rows x columns], row-major: identity outside [-B, B].
/// Raw parameters [P x columns (3 bins - 1)]: P = 1 shares them over the rows, P = rows gives every sample its own. Naive: the meaning.
/// </summary>
/// <remarks>
/// An element's raw parameters are its widths, heights and inner slopes, in this order. Settings (six numbers): B, least width, least
/// height, least slope, softplus sharpness beta, factor on raw widths and heights. Source: Durkan et al. 2019, Neural Spline Flows.
/// </remarks>
public static class RationalQuadratic
{
    /// <summary>Number of settings.</summary>
    public const int SettingCount = 6;

    /// <summary>z and logDet[r] = sum over the row of log dz/dx.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> z, Span<T> logDet, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(x.Length, z.Length, logDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)];
        logDet.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            z[i] = x[i];
            if (T.Abs(x[i]) > settings[0]) continue;
            var k = new SplineKnots<T>(scratch, raw.Slice(i % splines * length, length), bins, settings);
            k.Bin(k.Find(k.X, x[i])).Forward(x[i], out z[i], out T logD);
            logDet[i / columns] += logD;
        }
    }

    /// <summary>x from z, and logDet[r] = sum over the row of log dx/dz.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Inverse<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> x, Span<T> logDet, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(x.Length, z.Length, logDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)];
        logDet.Clear();
        for (int i = 0; i < z.Length; i++)
        {
            x[i] = z[i];
            if (T.Abs(z[i]) > settings[0]) continue;
            var k = new SplineKnots<T>(scratch, raw.Slice(i % splines * length, length), bins, settings);
            SplineBin<T> bin = k.Bin(k.Find(k.Y, z[i]));
            x[i] = bin.Inverse(z[i]);
            bin.Forward(x[i], out _, out T logD);
            logDet[i / columns] -= logD;
        }
    }

    /// <summary>Adds to dx and dRaw (each may be empty: nobody wants it) from dz and dLogDet.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Backward<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, Span<T> dRaw, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(x.Length, dz.Length, dLogDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)], knots = stackalloc T[SplineKnots<T>.GradientLength(bins)];
        for (int i = 0; i < x.Length; i++)
        {
            T xBar = dz[i];
            if (!(T.Abs(x[i]) > settings[0]))
            {
                int at = i % splines * length;
                var k = new SplineKnots<T>(scratch, raw.Slice(at, length), bins, settings);
                int bin = k.Find(k.X, x[i]);
                SplineGradient<T> g = k.Bin(bin).Backward(x[i], dz[i], dLogDet[i / columns]);
                xBar = g.X;
                SetKnots(knots, bin, bins, g);
                if (!dRaw.IsEmpty) k.Backward(knots, dRaw.Slice(at, length));
            }
            if (!dx.IsEmpty) dx[i] += xBar;
        }
    }

    /// <summary>As <see cref="Backward"/> for <see cref="Inverse"/>: adds to dz and dRaw from dx and the cotangent of the inverse's log-determinant.</summary>
    /// <remarks>With L = log dz/dx at x: the cotangent of x is c = dx - dLogDet dL/dx, so dz = c/(dz/dx), and the parameters get what forward gives them for the cotangents -c/(dz/dx) and -dLogDet.</remarks>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseBackward<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet,
        Span<T> dz, Span<T> dRaw, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(z.Length, dx.Length, dLogDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)], knots = stackalloc T[SplineKnots<T>.GradientLength(bins)];
        for (int i = 0; i < z.Length; i++)
        {
            T zBar = dx[i];
            if (!(T.Abs(z[i]) > settings[0]))
            {
                int at = i % splines * length;
                var k = new SplineKnots<T>(scratch, raw.Slice(at, length), bins, settings);
                int bin = k.Find(k.Y, z[i]);
                T l = -dLogDet[i / columns];
                SplineBin<T> b = k.Bin(bin);
                zBar = (dx[i] + b.Backward(x[i], T.Zero, l).X) / b.Slope(x[i]);
                SetKnots(knots, bin, bins, b.Backward(x[i], -zBar, l));
                if (!dRaw.IsEmpty) k.Backward(knots, dRaw.Slice(at, length));
            }
            if (!dz.IsEmpty) dz[i] += zBar;
        }
    }

    /// <summary>Tangents of z and logDet from those of x and of the raw parameters (empty: zero).</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> tx, ReadOnlySpan<T> tRaw, Span<T> tz, Span<T> tLogDet, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(x.Length, tz.Length, tLogDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)], knots = stackalloc T[SplineKnots<T>.GradientLength(bins)];
        knots.Clear();
        tLogDet.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            T t = tx.IsEmpty ? T.Zero : tx[i];
            tz[i] = t;
            if (T.Abs(x[i]) > settings[0]) continue;
            int at = i % splines * length;
            var k = new SplineKnots<T>(scratch, raw.Slice(at, length), bins, settings);
            if (!tRaw.IsEmpty) k.Jvp(tRaw.Slice(at, length), knots);
            int bin = k.Find(k.X, x[i]);
            SplineBin<T> b = k.Bin(bin);
            tz[i] = DotKnots(knots, bin, bins, b.Backward(x[i], T.One, T.Zero), t);
            tLogDet[i / columns] += DotKnots(knots, bin, bins, b.Backward(x[i], T.Zero, T.One), t);
        }
    }

    /// <summary>Tangents of <see cref="Inverse"/>'s x and logDet from those of z and of the raw parameters (empty: zero).</summary>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static void InverseJvp<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, ReadOnlySpan<T> tz, ReadOnlySpan<T> tRaw,
        Span<T> tx, Span<T> tLogDet, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int columns, int splines, int length) = Shape(x.Length, tx.Length, tLogDet.Length, raw.Length, bins);
        Span<T> scratch = stackalloc T[SplineKnots<T>.ScratchLength(bins)], knots = stackalloc T[SplineKnots<T>.GradientLength(bins)];
        knots.Clear();
        tLogDet.Clear();
        for (int i = 0; i < z.Length; i++)
        {
            T t = tz.IsEmpty ? T.Zero : tz[i];
            tx[i] = t;
            if (T.Abs(z[i]) > settings[0]) continue;
            int at = i % splines * length;
            var k = new SplineKnots<T>(scratch, raw.Slice(at, length), bins, settings);
            if (!tRaw.IsEmpty) k.Jvp(tRaw.Slice(at, length), knots);
            int bin = k.Find(k.Y, z[i]);
            SplineBin<T> b = k.Bin(bin);
            T moved = DotKnots(knots, bin, bins, b.Backward(x[i], T.One, T.Zero), T.Zero);
            tx[i] = (t - moved) / b.Slope(x[i]);
            tLogDet[i / columns] -= DotKnots(knots, bin, bins, b.Backward(x[i], T.Zero, T.One), tx[i]);
        }
    }

    /// <summary>Columns, number of splines, and raw parameters of each.</summary>
    internal static (int Columns, int Splines, int RawLength) Shape(int a, int b, int rows, int raw, int bins)
    {
        Lengths.Same("RationalQuadratic", "x", a, "z or gradient", b);
        int columns = Lengths.Columns("RationalQuadratic", "x", a, "logDet", rows), length = (3 * bins) - 1, splines = raw / length;
        if (raw % length != 0 || (splines != columns && splines != a))
            throw new ArgumentException($"RationalQuadratic: {raw} raw parameters for {rows} rows of {columns}; with {bins} bins there must be {columns * length} (shared) or {a * length} (each element its own).");
        return (columns, splines, length);
    }

    private static void SetKnots<T>(Span<T> knots, int bin, int bins, in SplineGradient<T> g)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int row = bins + 1;
        knots.Clear();
        knots[bin] = g.LeftX;
        knots[bin + 1] = g.RightX;
        knots[row + bin] = g.LeftY;
        knots[row + bin + 1] = g.RightY;
        knots[(2 * row) + bin] = g.LeftSlope;
        knots[(2 * row) + bin + 1] = g.RightSlope;
    }

    private static T DotKnots<T>(ReadOnlySpan<T> knots, int bin, int bins, in SplineGradient<T> g, T tx)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int row = bins + 1;
        return g.Dot(tx, knots[bin], knots[bin + 1], knots[row + bin], knots[row + bin + 1], knots[(2 * row) + bin], knots[(2 * row) + bin + 1]);
    }
}
