using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Hyperbolic distance row by row of points given by their spatial parts [rows x n]. In double for any T.</summary>
/// <remarks>
/// sinh^2(d/2) = sinh^2((a - b)/2) + sinh a sinh b sin^2(angle/2) for polar radii a, b (half-versed sines): a sum of squares, where cosh d
/// is a difference. sinh(a - b) and the part of the difference across the larger point come from the difference of the coordinates.
/// </remarks>
public static class DistanceRows
{
    /// <summary>d [rows x 1].</summary>
    public static unsafe void Map<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, double radius, Span<T> d, int columns) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var pair = new PointPair(new Span<double>(ThreadScratch.Get<double>(6 * (nint)columns), 6 * columns));
        for (int r = 0; r < d.Length; r++)
        {
            pair.Load(x.Slice(r * columns, columns), y.Slice(r * columns, columns), radius);
            d[r] = T.CreateTruncating(radius * pair.Distance);
        }
    }

    /// <summary>dx, dy and dradius += their parts of the gradient g [rows x 1]; any may be empty. 0 where the points coincide.</summary>
    public static unsafe void Backward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, double radius, ReadOnlySpan<T> g, Span<T> dx, Span<T> dy, Span<T> dradius, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(8 * (nint)columns);
        var pair = new PointPair(new Span<double>(buffer, 6 * columns));
        Span<double> gx = new(buffer + (6 * columns), columns), gy = new(buffer + (7 * columns), columns);
        double sum = 0;
        for (int r = 0; r < g.Length; r++)
        {
            pair.Load(x.Slice(r * columns, columns), y.Slice(r * columns, columns), radius);
            double ofRadius = pair.Gradient(gx, gy), by = double.CreateTruncating(g[r]);
            sum += by * ofRadius;
            for (int i = 0; i < columns && !dx.IsEmpty; i++) dx[(r * columns) + i] += T.CreateTruncating(by * gx[i]);
            for (int i = 0; i < columns && !dy.IsEmpty; i++) dy[(r * columns) + i] += T.CreateTruncating(by * gy[i]);
        }
        if (!dradius.IsEmpty) dradius[0] += T.CreateTruncating(sum);
    }

    /// <summary>td, for tangents of x, y (each may be empty) and of the radius.</summary>
    public static unsafe void Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, double radius, ReadOnlySpan<T> tx, ReadOnlySpan<T> ty, double tradius, Span<T> td, int columns)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(8 * (nint)columns);
        var pair = new PointPair(new Span<double>(buffer, 6 * columns));
        Span<double> gx = new(buffer + (6 * columns), columns), gy = new(buffer + (7 * columns), columns);
        for (int r = 0; r < td.Length; r++)
        {
            pair.Load(x.Slice(r * columns, columns), y.Slice(r * columns, columns), radius);
            double sum = tradius * pair.Gradient(gx, gy);
            for (int i = 0; i < columns && !tx.IsEmpty; i++) sum += gx[i] * double.CreateTruncating(tx[(r * columns) + i]);
            for (int i = 0; i < columns && !ty.IsEmpty; i++) sum += gy[i] * double.CreateTruncating(ty[(r * columns) + i]);
            td[r] = T.CreateTruncating(sum);
        }
    }
}
