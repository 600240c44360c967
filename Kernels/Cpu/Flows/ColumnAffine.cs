using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>One factor and one offset a column: z[r, c] = factor[c] x[r, c] + offset[c], and its gradients, over lanes. [rows x columns], row-major.</summary>
public static unsafe class ColumnAffine
{
    /// <summary>z = factor x + offset, row by row.</summary>
    public static void Map<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> factor, ReadOnlySpan<T> offset, Span<T> z)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = factor.Length;
        Lengths.Same("ColumnAffine.Map", "x", x.Length, "z", z.Length);
        Lengths.Same("ColumnAffine.Map", "factor", columns, "offset", offset.Length);
        fixed (T* px = x, pf = factor, po = offset, pz = z)
            for (nint start = 0; start + columns <= x.Length; start += columns)
                RowLoop.Run<T, MapPass<T>>(new(px + start, pf, po, pz + start), 0, columns);
    }

    /// <summary>dx += factor dz, row by row.</summary>
    public static void AddInputGradient<T>(ReadOnlySpan<T> dz, ReadOnlySpan<T> factor, Span<T> dx)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = factor.Length;
        Lengths.Same("ColumnAffine.AddInputGradient", "dz", dz.Length, "dx", dx.Length);
        fixed (T* pdz = dz, pf = factor, pdx = dx)
            for (nint start = 0; start + columns <= dz.Length; start += columns)
                RowLoop.Run<T, ProductPass<T>>(new(pdz + start, pf, pdx + start), 0, columns);
    }

    /// <summary>sum[c] += sum over r of dz[r, c]; product[c] += sum over r of dz[r, c] v[r, c].</summary>
    public static void AddColumnSums<T>(ReadOnlySpan<T> dz, ReadOnlySpan<T> v, Span<T> sum, Span<T> product)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = sum.Length;
        Lengths.Same("ColumnAffine.AddColumnSums", "dz", dz.Length, "v", v.Length);
        Lengths.Same("ColumnAffine.AddColumnSums", "sum", columns, "product", product.Length);
        fixed (T* pdz = dz, pv = v, ps = sum, pp = product)
            for (nint start = 0; start + columns <= dz.Length; start += columns)
                RowLoop.Run<T, SumsPass<T>>(new(pdz + start, pv + start, ps, pp), 0, columns);
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

    private readonly struct SumsPass<T>(T* dz, T* v, T* sum, T* product) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane d = TLane.Load(dz + i);
            TLane.Store(TLane.Load(sum + i) + d, sum + i);
            TLane.Store(TLane.MultiplyAdd(d, TLane.Load(v + i), TLane.Load(product + i)), product + i);
            return TLane.Constant(0);
        }
    }
}
