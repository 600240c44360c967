using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The handful of vector operations that every op leans on, callable on any backend.</summary>
public static class BasicKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly KernelId FillId = CpuKernels<T>.Define("fill",
        static (in CpuArgs<T> a) => { T v = a.Real(0); Span<T> y = a[0]; for (int i = 0; i < y.Length; i++) y[i] = v; },
        static (in CpuArgs<T> a) => a[0].Fill(a.Real(0)));

    private static readonly KernelId CopyId = CpuKernels<T>.Define("copy",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], y = a[1]; for (int i = 0; i < y.Length; i++) y[i] = x[i]; },
        static (in CpuArgs<T> a) => a[0].CopyTo(a[1]));

    private static readonly KernelId AddScaledId = CpuKernels<T>.Define("add-scaled",
        static (in CpuArgs<T> a) => { T s = a.Real(0); Span<T> x = a[0], y = a[1]; for (int i = 0; i < y.Length; i++) y[i] += s * x[i]; },
        static (in CpuArgs<T> a) => VectorOps.AddScaled(a.Real(0), a[0], a[1]));

    private static readonly KernelId ScaleId = CpuKernels<T>.Define("scale",
        static (in CpuArgs<T> a) => { T s = a.Real(0); Span<T> x = a[0], y = a[1]; for (int i = 0; i < y.Length; i++) y[i] = s * x[i]; },
        static (in CpuArgs<T> a) => VectorOps.Scale(a.Real(0), a[0], a[1]));

    private static readonly KernelId AddProductId = CpuKernels<T>.Define("add-product",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], w = a[1], y = a[2]; for (int i = 0; i < y.Length; i++) y[i] += x[i] * w[i]; },
        static (in CpuArgs<T> a) => VectorOps.AddProduct<T>(a[0], a[1], a[2]));

    private static readonly KernelId SumId = CpuKernels<T>.Define("sum",
        static (in CpuArgs<T> a) => { Span<T> x = a[0]; T s = T.Zero; for (int i = 0; i < x.Length; i++) s += x[i]; a[1][0] += a.Real(0) * s; },
        static (in CpuArgs<T> a) => a[1][0] += a.Real(0) * VectorOps.Sum<T>(a[0]));

    private static readonly KernelId SumSquaresId = CpuKernels<T>.Define("sum-squares",
        static (in CpuArgs<T> a) => { Span<T> x = a[0]; T s = T.Zero; for (int i = 0; i < x.Length; i++) s += x[i] * x[i]; a[1][0] += a.Real(0) * s; },
        static (in CpuArgs<T> a) => a[1][0] += a.Real(0) * VectorOps.SumSquares<T>(a[0]));

    private static readonly KernelId DotId = CpuKernels<T>.Define("dot",
        static (in CpuArgs<T> a) => { Span<T> x = a[0], w = a[1]; T s = T.Zero; for (int i = 0; i < x.Length; i++) s += x[i] * w[i]; a[2][0] += a.Real(0) * s; },
        static (in CpuArgs<T> a) => a[2][0] += a.Real(0) * VectorOps.Dot<T>(a[0], a[1]));

    private static readonly KernelId RowSumId = CpuKernels<T>.Define("row-sum",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
            {
                T s = T.Zero;
                for (int c = 0; c < cols; c++) s += x[r * cols + c];
                y[r] += a.Real(0) * s;
            }
        },
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++) y[r] += a.Real(0) * VectorOps.Sum<T>(x.Slice(r * a.Size(1), a.Size(1)));
        });

    private static readonly KernelId ColumnSumId = CpuKernels<T>.Define("column-sum",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T scale = a.Real(0);
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++) y[c] += scale * x[r * cols + c];
        },
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            if (a.Real(0) == T.One) MatrixOps.ColumnSum<T>(x, y);
            else for (int r = 0; r < a.Size(0); r++) VectorOps.AddScaled(a.Real(0), x.Slice(r * a.Size(1), a.Size(1)), y);
        });

    private static readonly KernelId MaxAbsId = CpuKernels<T>.Define("max-abs",
        static (in CpuArgs<T> a) =>
        {
            T m = T.Zero;
            foreach (T v in a[0]) m = T.Max(m, T.Abs(v));
            a[1][0] = m;
        },
        static (in CpuArgs<T> a) => a[1][0] = VectorOps.MaxAbs<T>(a[0]));

    // Sizes rows and columns of x, row stride of x, row stride of y.
    private static readonly KernelId TransposeId = CpuKernels<T>.Define("transpose",
        static (in CpuArgs<T> a) =>
        {
            T scale = a.Real(0);
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++)
                for (int c = 0; c < a.Size(1); c++) y[c * a.Size(3) + r] += scale * x[r * a.Size(2) + c];
        },
        static (in CpuArgs<T> a) => Transposed.Add<T>(a.Real(0), a[0], a.Size(2), a.Size(0), a.Size(1), a[1], a.Size(3)));

    private static readonly KernelId AddDiagonalId = CpuKernels<T>.Define("add-diagonal",
        static (in CpuArgs<T> a) => { int n = a.Size(0); Span<T> y = a[0]; for (int i = 0; i < n; i++) y[i * n + i] += a.Real(0); });

    /// <summary>y := value.</summary>
    public static void Fill(IBackend<T> backend, Slice y, double value) => backend.Run(FillId, new KernelArgs([y], default, [value]));

    /// <summary>y := x.</summary>
    public static void Copy(IBackend<T> backend, Slice x, Slice y) => backend.Run(CopyId, new KernelArgs([x, y]));

    /// <summary>y += scale * x.</summary>
    public static void AddScaled(IBackend<T> backend, Slice x, Slice y, double scale = 1) => backend.Run(AddScaledId, new KernelArgs([x, y], default, [scale]));

    /// <summary>y := scale * x.</summary>
    public static void Scale(IBackend<T> backend, Slice x, Slice y, double scale) => backend.Run(ScaleId, new KernelArgs([x, y], default, [scale]));

    /// <summary>y += x * w, element by element.</summary>
    public static void AddProduct(IBackend<T> backend, Slice x, Slice w, Slice y) => backend.Run(AddProductId, new KernelArgs([x, w, y]));

    /// <summary>y[0] += scale * sum of x.</summary>
    public static void Sum(IBackend<T> backend, Slice x, Slice y, double scale = 1) => backend.Run(SumId, new KernelArgs([x, y], default, [scale]));

    /// <summary>y[0] += scale * sum of squares of x.</summary>
    public static void SumSquares(IBackend<T> backend, Slice x, Slice y, double scale = 1) => backend.Run(SumSquaresId, new KernelArgs([x, y], default, [scale]));

    /// <summary>y[0] += scale * dot product of x and w.</summary>
    public static void Dot(IBackend<T> backend, Slice x, Slice w, Slice y, double scale = 1) => backend.Run(DotId, new KernelArgs([x, w, y], default, [scale]));

    /// <summary>y[r] += scale * sum over c of x[r, c].</summary>
    public static void RowSum(IBackend<T> backend, Slice x, Slice y, int rows, int cols, double scale = 1) => backend.Run(RowSumId, new KernelArgs([x, y], [rows, cols], [scale]));

    /// <summary>y[c] += scale * sum over r of x[r, c].</summary>
    public static void ColumnSum(IBackend<T> backend, Slice x, Slice y, int rows, int cols, double scale = 1) => backend.Run(ColumnSumId, new KernelArgs([x, y], [rows, cols], [scale]));

    /// <summary>y[0] := largest absolute value in x; NaN if x holds one.</summary>
    public static void MaxAbs(IBackend<T> backend, Slice x, Slice y) => backend.Run(MaxAbsId, new KernelArgs([x, y]));

    /// <summary>y[c, r] += scale * x[r, c]; x is [rows x cols].</summary>
    public static void AddTransposed(IBackend<T> backend, Slice x, Slice y, int rows, int cols, double scale = 1) => AddTransposed(backend, x, cols, y, rows, rows, cols, scale);

    /// <summary>y[c, r] += scale * x[r, c] for a block of <paramref name="rows"/> x <paramref name="cols"/> of x, with the row strides of the matrices that the blocks lie in.</summary>
    public static void AddTransposed(IBackend<T> backend, Slice x, int xStride, Slice y, int yStride, int rows, int cols, double scale = 1)
        => backend.Run(TransposeId, new KernelArgs([x, y], [rows, cols, xStride, yStride], [scale]));

    /// <summary>y[i, i] += value for a square y of order n.</summary>
    public static void AddDiagonal(IBackend<T> backend, Slice y, int n, double value) => backend.Run(AddDiagonalId, new KernelArgs([y], [n], [value]));
}
