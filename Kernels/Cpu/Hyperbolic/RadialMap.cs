using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Maps of the whole space that stretch every vector along itself: y = R f(|x|/R) x/|x|. All arithmetic in double.</summary>
/// <remarks>The gradient is taken in the radial direction and across it, so that it stays right where derivatives in |x|^2 underflow, and at 0.</remarks>
public static class RadialMap
{
    /// <summary>f = sinh: the exponential map at the origin, to spatial coordinates.</summary>
    public const int Sinh = 0;

    /// <summary>f = asinh: the logarithm at the origin.</summary>
    public const int Asinh = 1;

    /// <summary>f = tanh: into the ball of radius R, the identity near 0.</summary>
    public const int Tanh = 2;

    /// <summary>y for every row of x [rows x columns].</summary>
    public static unsafe void Map<T>(ReadOnlySpan<T> x, double scale, Span<T> y, int columns, int kind) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var row = new Span<double>(ThreadScratch.Get<double>(columns), columns);
        for (int at = 0; at < x.Length; at += columns)
        {
            RowVectors.Widen(x.Slice(at, columns), row, 1);
            double ratio = Ratio(RowVectors.Length(row) / scale, kind);
            // An infinite ratio times 0 is 0.
            for (int i = 0; i < columns; i++) y[at + i] = row[i] == 0 ? x[at + i] : T.CreateTruncating(ratio * row[i]);
        }
    }

    /// <summary>dx += (dy/dx)^T dy and, unless empty, dscale += the sum over all rows, in their order.</summary>
    public static unsafe void Backward<T>(ReadOnlySpan<T> x, double scale, ReadOnlySpan<T> dy, Span<T> dx, Span<T> dscale, int columns, int kind) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(2 * columns);
        Span<double> row = new(buffer, columns), g = new(buffer + columns, columns);
        double sum = 0;
        for (int at = 0; at < x.Length; at += columns)
        {
            RowVectors.Widen(x.Slice(at, columns), row, 1);
            RowVectors.Widen(dy.Slice(at, columns), g, 1);
            double length = RowVectors.Length(row), r = length / scale, ratio = Ratio(r, kind), stretch = Stretch(r, kind);
            RowVectors.Unit(row, length, row);
            double along = RowVectors.Dot(row, g);
            sum -= along * r * stretch;
            for (int i = 0; i < columns && !dx.IsEmpty; i++) dx[at + i] += T.CreateTruncating((ratio * g[i]) + (stretch * along * row[i]));
        }
        if (!dscale.IsEmpty) dscale[0] += T.CreateTruncating(sum);
    }

    /// <summary>ty += (dy/dx) tx + (dy/dscale) tscale; tx may be empty.</summary>
    public static unsafe void Forward<T>(ReadOnlySpan<T> x, double scale, ReadOnlySpan<T> tx, double tscale, Span<T> ty, int columns, int kind) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(2 * columns);
        Span<double> row = new(buffer, columns), t = new(buffer + columns, columns);
        t.Clear();
        for (int at = 0; at < x.Length; at += columns)
        {
            RowVectors.Widen(x.Slice(at, columns), row, 1);
            if (!tx.IsEmpty) RowVectors.Widen(tx.Slice(at, columns), t, 1);
            double length = RowVectors.Length(row), r = length / scale, ratio = Ratio(r, kind), stretch = Stretch(r, kind);
            RowVectors.Unit(row, length, row);
            double along = (RowVectors.Dot(row, t) - (r * tscale)) * stretch;
            for (int i = 0; i < columns; i++) ty[at + i] += T.CreateTruncating((ratio * t[i]) + (along * row[i]));
        }
    }

    // f(r)/r.
    private static double Ratio(double r, int kind) => kind switch
    {
        Sinh => RadialFunctions.SinhRatio(r * r),
        Asinh => r == 0 ? 1 : RadialFunctions.Asinh(r) / r,
        _ => r == 0 ? 1 : Math.Tanh(r) / r,
    };

    // f'(r) - f(r)/r.
    private static double Stretch(double r, int kind)
    {
        if (kind == Sinh) return 2 * r * r * RadialFunctions.SinhRatioDerivative(r * r);
        if (kind == Asinh)
        {
            // (tanh rho - rho)/sinh rho, rho = asinh r, its difference taken off as a series where it is small.
            double rho = RadialFunctions.Asinh(r), cosh = RowVectors.Hypotenuse(1, r);
            return r == 0 ? 0 : rho > 2 ? (1 / cosh) - (rho / r) : -2 * rho * rho * rho * RadialFunctions.SinhRatioDerivative(rho * rho) / r / cosh;
        }
        double sech = 1 / Math.Cosh(r);
        return r > 1 ? (sech * sech) - (Math.Tanh(r) / r) : -RadialFunctions.SinhRatioM1(4 * r * r) * sech * sech;
    }
}
