using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Hyperbolic translation row by row, w = R T_{t/R}(v/R): v and w [rows x n] tangent coordinates at the origin, t spatial coordinates [rows x n] or [1 x n]. In double for any T.</summary>
/// <remarks>Results hold about 15 digits times the conditioning of the map; a T of single precision rounds them once.</remarks>
public static class TranslationRows
{
    /// <summary>w.</summary>
    public static unsafe void Map<T>(ReadOnlySpan<T> v, ReadOnlySpan<T> t, double radius, Span<T> w, int columns, bool back) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(5 * (nint)columns);
        Span<double> x = new(buffer, columns), by = new(buffer + columns, columns), z = new(buffer + (2 * columns), columns);
        var translation = new Translation(new(buffer + (3 * columns), columns), new(buffer + (4 * columns), columns));
        for (int at = 0; at < v.Length; at += columns)
        {
            Load(v, t, radius, at, x, by);
            translation.Solve(x, by, back, z);
            for (int i = 0; i < columns; i++) w[at + i] = T.CreateTruncating(radius * z[i]);
        }
    }

    /// <summary>dv, dt and dradius += their parts of the gradient dw; any may be empty. A t of one row gets the sum over the rows in their order.</summary>
    public static unsafe void Backward<T>(ReadOnlySpan<T> v, ReadOnlySpan<T> t, double radius, ReadOnlySpan<T> dw, Span<T> dv, Span<T> dt, Span<T> dradius, int columns, bool back)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(9 * (nint)columns);
        Span<double> x = new(buffer, columns), by = new(buffer + columns, columns), z = new(buffer + (2 * columns), columns);
        var translation = new Translation(new(buffer + (3 * columns), columns), new(buffer + (4 * columns), columns));
        Span<double> g = new(buffer + (5 * columns), columns), gv = new(buffer + (6 * columns), columns), gt = new(buffer + (7 * columns), columns), sum = new(buffer + (8 * columns), columns);
        sum.Clear();
        double total = 0;
        bool shared = t.Length == columns;
        for (int at = 0; at < v.Length; at += columns)
        {
            Load(v, t, radius, at, x, by);
            translation.Solve(x, by, back, z);
            RowVectors.Widen(dw.Slice(at, columns), g, 1);
            translation.Pull(g, gv, gt);
            // w is homogeneous of degree 1 in v, t and the radius (Euler).
            total += RowVectors.Dot(g, z) - RowVectors.Dot(gv, x) - RowVectors.Dot(gt, by);
            for (int i = 0; i < columns && !dv.IsEmpty; i++) dv[at + i] += T.CreateTruncating(gv[i]);
            if (dt.IsEmpty) continue;
            for (int i = 0; i < columns; i++)
            {
                if (shared) sum[i] += gt[i];
                else dt[at + i] += T.CreateTruncating(gt[i]);
            }
        }
        for (int i = 0; i < columns && shared && !dt.IsEmpty; i++) dt[i] += T.CreateTruncating(sum[i]);
        if (!dradius.IsEmpty) dradius[0] += T.CreateTruncating(total);
    }

    /// <summary>tw, for tangents of v, t (each may be empty) and of the radius.</summary>
    public static unsafe void Forward<T>(ReadOnlySpan<T> v, ReadOnlySpan<T> t, double radius, ReadOnlySpan<T> tv, ReadOnlySpan<T> tt, double tradius, Span<T> tw, int columns, bool back)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double* buffer = ThreadScratch.Get<double>(8 * (nint)columns);
        Span<double> x = new(buffer, columns), by = new(buffer + columns, columns), z = new(buffer + (2 * columns), columns);
        var translation = new Translation(new(buffer + (3 * columns), columns), new(buffer + (4 * columns), columns));
        Span<double> cv = new(buffer + (5 * columns), columns), ct = new(buffer + (6 * columns), columns), cw = new(buffer + (7 * columns), columns);
        for (int at = 0; at < v.Length; at += columns)
        {
            Load(v, t, radius, at, x, by);
            translation.Solve(x, by, back, z);
            int row = t.Length == columns ? 0 : at;
            for (int i = 0; i < columns; i++)
            {
                cv[i] = (tv.IsEmpty ? 0 : double.CreateTruncating(tv[at + i])) - (tradius * x[i]);
                ct[i] = (tt.IsEmpty ? 0 : double.CreateTruncating(tt[row + i])) - (tradius * by[i]);
            }
            translation.Push(cv, ct, cw);
            for (int i = 0; i < columns; i++) tw[at + i] = T.CreateTruncating(cw[i] + (tradius * z[i]));
        }
    }

    private static void Load<T>(ReadOnlySpan<T> v, ReadOnlySpan<T> t, double radius, int at, Span<double> x, Span<double> by) where T : unmanaged, IFloatingPointIeee754<T>
    {
        RowVectors.Widen(v.Slice(at, x.Length), x, 1 / radius);
        RowVectors.Widen(t.Length == x.Length ? t : t.Slice(at, x.Length), by, 1 / radius);
    }
}
