using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Monotone rational-quadratic splines with linear tails on every element of x [rows x columns], row-major: identity outside [-B, B].
/// Raw parameters [P x columns (3 bins - 1)]: P = 1 shares them over the rows, P = rows gives every sample its own.
/// </summary>
/// <remarks>
/// An element's raw parameters are its widths, heights and inner slopes, in this order. Settings (six numbers): B, least width, least
/// height, least slope, softplus sharpness beta, factor on raw widths and heights. knots is kept from the forward or inverse pass:
/// <see cref="KnotLength"/> numbers for each of the P columns splines. Source: Durkan et al. 2019, Neural Spline Flows.
/// </remarks>
public static class RationalQuadratic
{
    /// <summary>Number of settings.</summary>
    public const int SettingCount = 6;

    /// <summary>Numbers kept for one spline from forward to backward.</summary>
    public static int KnotLength(int bins) => (2 * bins) + (3 * (bins + 1));

    /// <summary>Numbers in the gradient or tangent of one spline's knots.</summary>
    public static int KnotGradientLength(int bins) => 3 * (bins + 1);

    /// <summary>z and logDet[r] = sum over the row of log dz/dx. Fills <paramref name="knots"/>.</summary>
    public static void Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> z, Span<T> logDet, Span<T> knots, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        k.Make(raw);
        int columns = Columns(x.Length, z.Length, logDet.Length, k.Elements);
        logDet.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            z[i] = x[i];
            if (!(T.Abs(x[i]) <= k.Bound)) continue;
            int element = i % k.Elements;
            k.Bin(element, k.Find(k.X, element, x[i])).Forward(x[i], out z[i], out T logD);
            logDet[i / columns] += logD;
        }
        KeepNaN(x, logDet, columns);
    }

    /// <summary>x from z, and logDet[r] = sum over the row of log dx/dz. Fills <paramref name="knots"/>.</summary>
    public static void Inverse<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> x, Span<T> logDet, Span<T> knots, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        k.Make(raw);
        int columns = Columns(x.Length, z.Length, logDet.Length, k.Elements);
        logDet.Clear();
        for (int i = 0; i < z.Length; i++)
        {
            x[i] = z[i];
            if (!(T.Abs(z[i]) <= k.Bound)) continue;
            int element = i % k.Elements;
            SplineBin<T> bin = k.Bin(element, k.Find(k.Y, element, z[i]));
            x[i] = bin.Inverse(z[i]);
            bin.Forward(x[i], out _, out T logD);
            logDet[i / columns] -= logD;
        }
        KeepNaN(z, logDet, columns);
    }

    /// <summary>Adds to dx and dRaw (each may be empty: nobody wants it) from dz and dLogDet. <paramref name="knotGradient"/> is work space, <see cref="KnotGradientLength"/> a spline.</summary>
    public static void Backward<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> knots, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet,
        Span<T> dx, Span<T> dRaw, Span<T> knotGradient, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        int columns = Columns(x.Length, dz.Length, dLogDet.Length, k.Elements);
        knotGradient.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            T xBar = dz[i];
            if (T.Abs(x[i]) <= k.Bound)
            {
                int element = i % k.Elements, bin = k.Find(k.X, element, x[i]);
                SplineGradient<T> g = k.Bin(element, bin).Backward(x[i], dz[i], dLogDet[i / columns]);
                AddKnots(knotGradient, element, bin, bins, g);
                xBar = g.X;
            }
            if (!dx.IsEmpty) dx[i] += xBar;
        }
        if (!dRaw.IsEmpty) k.Backward(raw, knotGradient, dRaw);
    }

    /// <summary>As <see cref="Backward"/> for <see cref="Inverse"/>: adds to dz and dRaw from dx and the cotangent of the inverse's log-determinant.</summary>
    /// <remarks>With L = log dz/dx at x: the cotangent of x is c = dx - dLogDet dL/dx, so dz = c/(dz/dx), and the parameters get what forward gives them for the cotangents -c/(dz/dx) and -dLogDet.</remarks>
    public static void InverseBackward<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> knots, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet,
        Span<T> dz, Span<T> dRaw, Span<T> knotGradient, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        int columns = Columns(x.Length, dx.Length, dLogDet.Length, k.Elements);
        knotGradient.Clear();
        for (int i = 0; i < z.Length; i++)
        {
            T zBar = dx[i];
            if (T.Abs(z[i]) <= k.Bound)
            {
                int element = i % k.Elements, bin = k.Find(k.Y, element, z[i]);
                T l = -dLogDet[i / columns];
                SplineBin<T> b = k.Bin(element, bin);
                zBar = (dx[i] + b.Backward(x[i], T.Zero, l).X) / b.Slope(x[i]);
                AddKnots(knotGradient, element, bin, bins, b.Backward(x[i], -zBar, l));
            }
            if (!dz.IsEmpty) dz[i] += zBar;
        }
        if (!dRaw.IsEmpty) k.Backward(raw, knotGradient, dRaw);
    }

    /// <summary>Tangents of z and logDet from those of x and of the raw parameters (empty: zero).</summary>
    public static void Jvp<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> knots, ReadOnlySpan<T> tx, ReadOnlySpan<T> tRaw,
        Span<T> tz, Span<T> tLogDet, Span<T> knotTangent, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        int columns = Columns(x.Length, tz.Length, tLogDet.Length, k.Elements);
        if (tRaw.IsEmpty) knotTangent.Clear();
        else k.Jvp(raw, tRaw, knotTangent);
        tLogDet.Clear();
        for (int i = 0; i < x.Length; i++)
        {
            T t = tx.IsEmpty ? T.Zero : tx[i];
            tz[i] = t;
            if (!(T.Abs(x[i]) <= k.Bound)) continue;
            int element = i % k.Elements, bin = k.Find(k.X, element, x[i]);
            SplineBin<T> b = k.Bin(element, bin);
            tz[i] = DotKnots(knotTangent, element, bin, bins, b.Backward(x[i], T.One, T.Zero), t);
            tLogDet[i / columns] += DotKnots(knotTangent, element, bin, bins, b.Backward(x[i], T.Zero, T.One), t);
        }
    }

    /// <summary>Tangents of <see cref="Inverse"/>'s x and logDet from those of z and of the raw parameters (empty: zero).</summary>
    public static void InverseJvp<T>(
        ReadOnlySpan<T> z, ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> knots, ReadOnlySpan<T> tz, ReadOnlySpan<T> tRaw,
        Span<T> tx, Span<T> tLogDet, Span<T> knotTangent, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        int columns = Columns(x.Length, tx.Length, tLogDet.Length, k.Elements);
        if (tRaw.IsEmpty) knotTangent.Clear();
        else k.Jvp(raw, tRaw, knotTangent);
        tLogDet.Clear();
        for (int i = 0; i < z.Length; i++)
        {
            T t = tz.IsEmpty ? T.Zero : tz[i];
            tx[i] = t;
            if (!(T.Abs(z[i]) <= k.Bound)) continue;
            int element = i % k.Elements, bin = k.Find(k.Y, element, z[i]);
            SplineBin<T> b = k.Bin(element, bin);
            T moved = DotKnots(knotTangent, element, bin, bins, b.Backward(x[i], T.One, T.Zero), T.Zero);
            tx[i] = (t - moved) / b.Slope(x[i]);
            tLogDet[i / columns] -= DotKnots(knotTangent, element, bin, bins, b.Backward(x[i], T.Zero, T.One), tx[i]);
        }
    }

    internal static void AddKnots<T>(Span<T> knotGradient, int element, int bin, int bins, in SplineGradient<T> g)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int row = bins + 1, at = (3 * row * element) + bin;
        knotGradient[at] += g.LeftX;
        knotGradient[at + 1] += g.RightX;
        knotGradient[at + row] += g.LeftY;
        knotGradient[at + row + 1] += g.RightY;
        knotGradient[at + (2 * row)] += g.LeftSlope;
        knotGradient[at + (2 * row) + 1] += g.RightSlope;
    }

    internal static int Columns(int a, int b, int rows, int elements)
    {
        Lengths.Same("RationalQuadratic", "x", a, "z or gradient", b);
        int columns = Lengths.Columns("RationalQuadratic", "x", a, "logDet", rows);
        if (elements != columns && elements != a)
            throw new ArgumentException($"RationalQuadratic: {elements} splines for {rows} rows of {columns}; there must be {columns} (shared) or {a} (one an element).");
        return columns;
    }

    private static T DotKnots<T>(ReadOnlySpan<T> knotTangent, int element, int bin, int bins, in SplineGradient<T> g, T tx)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int row = bins + 1, at = (3 * row * element) + bin;
        return g.Dot(tx, knotTangent[at], knotTangent[at + 1], knotTangent[at + row], knotTangent[at + row + 1],
            knotTangent[at + (2 * row)], knotTangent[at + (2 * row) + 1]);
    }

    // Outside the bound an element adds nothing to its row; NaN is outside, and must not vanish there.
    private static void KeepNaN<T>(ReadOnlySpan<T> x, Span<T> logDet, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < x.Length; i++)
            if (T.IsNaN(x[i])) logDet[i / columns] = T.NaN;
    }
}
