using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Picking and binning of columns and rows by a list of indices; all four add to what is there.</summary>
internal static class IndexKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices x, index, y; sizes rows, columns of x, columns of y.
    private static readonly KernelId GatherColumnsId = CpuKernels<T>.Define("gather-columns",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int j = 0; j < to; j++)
            {
                int k = Indices.At<T>(index, j, from, "GatherColumns");
                for (int r = 0; r < rows; r++) y[r * to + j] += x[r * from + k];
            }
        });

    // Slices x, index, y; sizes rows, columns of x, columns of y.
    private static readonly KernelId ScatterColumnsId = CpuKernels<T>.Define("scatter-columns",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int j = 0; j < from; j++)
            {
                int k = Indices.At<T>(index, j, to, "ScatterAddColumns");
                for (int r = 0; r < rows; r++) y[r * to + k] += x[r * from + j];
            }
        });

    // Slices x, index, y; sizes columns, rows of x, rows of y.
    private static readonly KernelId GatherRowsId = CpuKernels<T>.Define("gather-rows",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int i = 0; i < to; i++)
            {
                int k = Indices.At<T>(index, i, from, "GatherRows");
                for (int c = 0; c < cols; c++) y[i * cols + c] += x[k * cols + c];
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int i = 0; i < to; i++)
            {
                int k = Indices.At<T>(index, i, from, "GatherRows");
                Span<T> target = y.Slice(i * cols, cols);
                VectorOps.Add<T>(target, x.Slice(k * cols, cols), target);
            }
        });

    // Slices x, index, y; sizes columns, rows of x, rows of y.
    private static readonly KernelId ScatterRowsId = CpuKernels<T>.Define("scatter-rows",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int i = 0; i < from; i++)
            {
                int k = Indices.At<T>(index, i, to, "ScatterAddRows");
                for (int c = 0; c < cols; c++) y[k * cols + c] += x[i * cols + c];
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            for (int i = 0; i < from; i++)
            {
                int k = Indices.At<T>(index, i, to, "ScatterAddRows");
                Span<T> target = y.Slice(k * cols, cols);
                VectorOps.Add<T>(target, x.Slice(i * cols, cols), target);
            }
        });

    public static void GatherColumns(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(GatherColumnsId, new KernelArgs([x, index, y], [xShape.Rows, xShape.Cols, yShape.Cols]));

    public static void ScatterColumns(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(ScatterColumnsId, new KernelArgs([x, index, y], [xShape.Rows, xShape.Cols, yShape.Cols]));

    public static void GatherRows(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(GatherRowsId, new KernelArgs([x, index, y], [xShape.Cols, xShape.Rows, yShape.Rows]));

    public static void ScatterRows(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(ScatterRowsId, new KernelArgs([x, index, y], [xShape.Cols, xShape.Rows, yShape.Rows]));
}
