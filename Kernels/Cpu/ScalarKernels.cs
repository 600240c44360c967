using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Vector operations whose factor is a number that lies in memory, such as the cotangent of a scalar: nobody waits to read it.
/// Their factor is scale * s[0], computed in double and rounded to <typeparamref name="T"/> once on the CPU backends.
/// </summary>
public static class ScalarKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices s, x, y; real scale.
    private static readonly KernelId AddScaledId = CpuKernels<T>.Define("add-scaled-by",
        static (in CpuArgs<T> a) => { T s = Factor(a); Span<T> x = a[1], y = a[2]; for (int i = 0; i < y.Length; i++) y[i] += s * x[i]; },
        static (in CpuArgs<T> a) => VectorOps.AddScaled(Factor(a), a[1], a[2]));

    // Slices s, x, y; real scale.
    private static readonly KernelId ScaleId = CpuKernels<T>.Define("scale-by",
        static (in CpuArgs<T> a) => { T s = Factor(a); Span<T> x = a[1], y = a[2]; for (int i = 0; i < y.Length; i++) y[i] = s * x[i]; },
        static (in CpuArgs<T> a) => VectorOps.Scale(Factor(a), a[1], a[2]));

    // Slices s, x, y; reals scale, weight of x.
    private static readonly KernelId ScaleAndAddId = CpuKernels<T>.Define("scale-by-and-add",
        static (in CpuArgs<T> a) =>
        {
            T s = Factor(a), w = a.Real(1);
            Span<T> x = a[1], y = a[2];
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = s * y[i];
                y[i] += w * x[i];
            }
        },
        static (in CpuArgs<T> a) =>
        {
            // In pieces that are still in the first-level cache when they are added to.
            const int Piece = 2048;
            T s = Factor(a), w = a.Real(1);
            Span<T> x = a[1], y = a[2];
            for (int i = 0; i < y.Length; i += Piece)
            {
                Span<T> part = y.Slice(i, Math.Min(Piece, y.Length - i));
                VectorOps.Scale(s, part, part);
                VectorOps.AddScaled(w, x.Slice(i, part.Length), part);
            }
        });

    // Slices s, x, y; sizes rows and columns of x, row stride of x, row stride of y; real scale.
    private static readonly KernelId AddTransposedId = CpuKernels<T>.Define("add-transposed-by",
        static (in CpuArgs<T> a) =>
        {
            T s = Factor(a);
            Span<T> x = a[1], y = a[2];
            for (int r = 0; r < a.Size(0); r++)
                for (int c = 0; c < a.Size(1); c++) y[c * a.Size(3) + r] += s * x[r * a.Size(2) + c];
        },
        static (in CpuArgs<T> a) => Transposed.Add<T>(Factor(a), a[1], a.Size(2), a.Size(0), a.Size(1), a[2], a.Size(3)));

    // Slices s, x, y; real limit: y += x where s[0] < limit.
    private static readonly KernelId AddWhereBelowId = CpuKernels<T>.Define("add-where-below",
        static (in CpuArgs<T> a) =>
        {
            if (!(a[0][0] < a.Real(0))) return;
            Span<T> x = a[1], y = a[2];
            for (int i = 0; i < y.Length; i++) y[i] += x[i];
        },
        static (in CpuArgs<T> a) =>
        {
            if (a[0][0] < a.Real(0)) VectorOps.AddScaled(T.One, a[1], a[2]);
        });

    // Slices norm, y; real largest: y *= min(1, largest / (norm + 1e-6)), a norm that is not finite leaves y alone.
    private static readonly KernelId ShortenId = CpuKernels<T>.Define("shorten",
        static (in CpuArgs<T> a) =>
        {
            T s = Shortening(a);
            Span<T> y = a[1];
            for (int i = 0; i < y.Length; i++) y[i] = s * y[i];
        },
        static (in CpuArgs<T> a) =>
        {
            T s = Shortening(a);
            if (s != T.One) VectorOps.Scale(s, a[1], a[1]);
        });

    /// <summary>y += scale s[0] x.</summary>
    public static void AddScaled(IBackend<T> backend, Slice s, Slice x, Slice y, double scale = 1) => backend.Run(AddScaledId, new KernelArgs([s, x, y], default, [scale]));

    /// <summary>y := scale s[0] x; x may be y.</summary>
    public static void Scale(IBackend<T> backend, Slice s, Slice x, Slice y, double scale = 1) => backend.Run(ScaleId, new KernelArgs([s, x, y], default, [scale]));

    /// <summary>y := scale s[0] y, then y += weight x, in one pass.</summary>
    public static void ScaleAndAdd(IBackend<T> backend, Slice s, Slice x, Slice y, double scale, double weight) => backend.Run(ScaleAndAddId, new KernelArgs([s, x, y], default, [scale, weight]));

    /// <summary>y[c, r] += scale s[0] x[r, c]; x is [rows x cols].</summary>
    public static void AddTransposed(IBackend<T> backend, Slice s, Slice x, Slice y, int rows, int cols, double scale = 1) => AddTransposed(backend, s, x, cols, y, rows, rows, cols, scale);

    /// <summary>y[c, r] += scale s[0] x[r, c] for a block of <paramref name="rows"/> x <paramref name="cols"/> of x, with the row strides of the matrices that the blocks lie in.</summary>
    public static void AddTransposed(IBackend<T> backend, Slice s, Slice x, int xStride, Slice y, int yStride, int rows, int cols, double scale = 1)
        => backend.Run(AddTransposedId, new KernelArgs([s, x, y], [rows, cols, xStride, yStride], [scale]));

    /// <summary>y += x where s[0] is below a limit; nothing otherwise, or where it is NaN.</summary>
    public static void AddWhereBelow(IBackend<T> backend, Slice s, double limit, Slice x, Slice y) => backend.Run(AddWhereBelowId, new KernelArgs([s, x, y], default, [limit]));

    /// <summary>y := y min(1, largest / (norm[0] + 1e-6)); y is left alone where the norm is not finite.</summary>
    public static void Shorten(IBackend<T> backend, Slice norm, Slice y, double largest) => backend.Run(ShortenId, new KernelArgs([norm, y], default, [largest]));

    private static T Factor(in CpuArgs<T> a) => T.CreateTruncating(a.Real64(0) * double.CreateTruncating(a[0][0]));

    private static T Shortening(in CpuArgs<T> a)
    {
        double norm = double.CreateTruncating(a[0][0]), factor = a.Real64(0) / (norm + 1e-6);
        return double.IsFinite(norm) && factor < 1 ? T.CreateTruncating(factor) : T.One;
    }
}
