using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>One factor and one offset a column: z[r, c] = factor[c] x[r, c] + offset[c], and its gradients, over lanes. [rows x columns], row-major.</summary>
public static unsafe class ColumnAffine
{
    /// <summary>z = factor x + offset, row by row.</summary>
    public static void Map<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> factor, ReadOnlySpan<T> offset, Span<T> z, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = factor.Length;
        Lengths.Same("ColumnAffine.Map", "x", x.Length, "z", z.Length);
        Lengths.Same("ColumnAffine.Map", "factor", columns, "offset", offset.Length);
        fixed (T* px = x, pf = factor, po = offset, pz = z)
            Stretches<MapRows<T>>.Run(new(px, pf, po, pz, columns), Rows(x.Length, columns), x.Length, PieceSize.Cheap, workers);
    }

    /// <summary>dx += factor dz, row by row.</summary>
    public static void AddInputGradient<T>(ReadOnlySpan<T> dz, ReadOnlySpan<T> factor, Span<T> dx, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = factor.Length;
        Lengths.Same("ColumnAffine.AddInputGradient", "dz", dz.Length, "dx", dx.Length);
        fixed (T* pdz = dz, pf = factor, pdx = dx)
            Stretches<ProductRows<T>>.Run(new(pdz, pf, pdx, columns), Rows(dz.Length, columns), dz.Length, PieceSize.Cheap, workers);
    }

    /// <summary>sum[c] += sum over r of dz[r, c]; product[c] += sum over r of dz[r, c] v[r, c].</summary>
    public static void AddColumnSums<T>(ReadOnlySpan<T> dz, ReadOnlySpan<T> v, Span<T> sum, Span<T> product, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = sum.Length;
        Lengths.Same("ColumnAffine.AddColumnSums", "dz", dz.Length, "v", v.Length);
        Lengths.Same("ColumnAffine.AddColumnSums", "sum", columns, "product", product.Length);
        fixed (T* pdz = dz, pv = v, ps = sum, pp = product)
            Stretches<SumColumns<T>>.Run(new(pdz, pv, ps, pp, Rows(dz.Length, columns), columns), columns, dz.Length, PieceSize.Cheap, workers);
    }

    private static int Rows(int elements, int columns) => columns == 0 ? 0 : elements / columns;

    private readonly struct MapRows<T>(T* x, T* factor, T* offset, T* z, nint columns) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int from, int to)
        {
            for (nint start = from * columns; start < to * columns; start += columns)
                RowLoop.Each<T, MapPass<T>>(new(x + start, factor, offset, z + start), 0, columns);
        }
    }

    private readonly struct ProductRows<T>(T* dz, T* factor, T* dx, nint columns) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int from, int to)
        {
            for (nint start = from * columns; start < to * columns; start += columns)
                RowLoop.Each<T, ProductPass<T>>(new(dz + start, factor, dx + start), 0, columns);
        }
    }

    // A few columns at a time through all rows, so that the sums stay in registers; row after row, whatever the cuts.
    private readonly struct SumColumns<T>(T* dz, T* v, T* sum, T* product, int rows, nint columns) : IStretch
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public void Run(int from, int to)
        {
            nint i = from;
            if (Vector512.IsHardwareAccelerated) Lanes<Vector512Lane<T>>(ref i, to);
            if (Vector.IsHardwareAccelerated) Lanes<VectorLane<T>>(ref i, to);
            Lanes<ScalarLane<T>>(ref i, to);
        }

        private void Lanes<TLane>(ref nint i, nint to)
            where TLane : struct, ILane<TLane, T>
        {
            nint width = TLane.Width;
            for (; i + (4 * width) <= to; i += 4 * width)
            {
                TLane s0 = TLane.Load(sum + i), s1 = TLane.Load(sum + i + width), s2 = TLane.Load(sum + i + (2 * width)), s3 = TLane.Load(sum + i + (3 * width));
                TLane p0 = TLane.Load(product + i), p1 = TLane.Load(product + i + width), p2 = TLane.Load(product + i + (2 * width)), p3 = TLane.Load(product + i + (3 * width));
                T* a = dz + i, b = v + i;
                for (int r = 0; r < rows; r++, a += columns, b += columns)
                {
                    Add(a, b, ref s0, ref p0);
                    Add(a + width, b + width, ref s1, ref p1);
                    Add(a + (2 * width), b + (2 * width), ref s2, ref p2);
                    Add(a + (3 * width), b + (3 * width), ref s3, ref p3);
                }
                TLane.Store(s0, sum + i);
                TLane.Store(s1, sum + i + width);
                TLane.Store(s2, sum + i + (2 * width));
                TLane.Store(s3, sum + i + (3 * width));
                TLane.Store(p0, product + i);
                TLane.Store(p1, product + i + width);
                TLane.Store(p2, product + i + (2 * width));
                TLane.Store(p3, product + i + (3 * width));
            }
            for (; i + width <= to; i += width)
            {
                TLane s = TLane.Load(sum + i), p = TLane.Load(product + i);
                T* a = dz + i, b = v + i;
                for (int r = 0; r < rows; r++, a += columns, b += columns) Add(a, b, ref s, ref p);
                TLane.Store(s, sum + i);
                TLane.Store(p, product + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<TLane>(T* dz, T* v, ref TLane sum, ref TLane product)
            where TLane : struct, ILane<TLane, T>
        {
            TLane d = TLane.Load(dz);
            sum += d;
            product = TLane.MultiplyAdd(d, TLane.Load(v), product);
        }
    }

    private readonly struct MapPass<T>(T* x, T* factor, T* offset, T* z) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane.Store(TLane.MultiplyAdd(TLane.Load(factor + i), TLane.Load(x + i), TLane.Load(offset + i)), z + i);
            return TLane.Constant(0);
        }
    }

    private readonly struct ProductPass<T>(T* dz, T* factor, T* dx) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane.Store(TLane.MultiplyAdd(TLane.Load(dz + i), TLane.Load(factor + i), TLane.Load(dx + i)), dx + i);
            return TLane.Constant(0);
        }
    }
}
