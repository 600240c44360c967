using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Picking and binning of columns and rows by a list of indices; all add to what is there, picking of columns where asked to.</summary>
internal static class IndexKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Indices turned into whole numbers at a time, on the stack: then a row is read and written in one go.
    private const int Block = 1024;

    // Slices x, index, y; sizes rows, columns of x, columns of y, whether to add to y.
    private static readonly KernelId GatherColumnsId = CpuKernels<T>.Define("gather-columns",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), from = a.Size(1), to = a.Size(2);
            bool add = a.Size(3) != 0;
            Span<T> x = a[0], index = a[1], y = a[2];
            Span<int> at = stackalloc int[Math.Min(Block, to)];
            for (int start = 0; start < to; start += Block)
            {
                Span<int> k = at[..Math.Min(Block, to - start)];
                for (int j = 0; j < k.Length; j++) k[j] = Indices.At<T>(index, start + j, from, "GatherColumns");
                for (int r = 0; r < rows; r++)
                {
                    Span<T> source = x.Slice(r * from, from), target = y.Slice((r * to) + start, k.Length);
                    if (add)
                        for (int j = 0; j < k.Length; j++) target[j] += source[k[j]];
                    else
                        for (int j = 0; j < k.Length; j++) target[j] = source[k[j]];
                }
            }
        });

    // Slices x, index, y; sizes rows, columns of x, columns of y.
    private static readonly KernelId ScatterColumnsId = CpuKernels<T>.Define("scatter-columns",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), from = a.Size(1), to = a.Size(2);
            Span<T> x = a[0], index = a[1], y = a[2];
            Span<int> at = stackalloc int[Math.Min(Block, from)];
            for (int start = 0; start < from; start += Block)
            {
                Span<int> k = at[..Math.Min(Block, from - start)];
                for (int j = 0; j < k.Length; j++) k[j] = Indices.At<T>(index, start + j, to, "ScatterAddColumns");
                for (int r = 0; r < rows; r++)
                {
                    Span<T> source = x.Slice((r * from) + start, k.Length), target = y.Slice(r * to, to);
                    for (int j = 0; j < k.Length; j++) target[k[j]] += source[j];
                }
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

    public static void GatherColumns(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape, bool add)
        => backend.Run(GatherColumnsId, new KernelArgs([x, index, y], [xShape.Rows, xShape.Cols, yShape.Cols, add ? 1 : 0]));

    public static void ScatterColumns(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(ScatterColumnsId, new KernelArgs([x, index, y], [xShape.Rows, xShape.Cols, yShape.Cols]));

    public static void GatherRows(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(GatherRowsId, new KernelArgs([x, index, y], [xShape.Cols, xShape.Rows, yShape.Rows]));

    public static void ScatterRows(IBackend<T> backend, Slice x, Var xShape, Slice index, Slice y, Var yShape)
        => backend.Run(ScatterRowsId, new KernelArgs([x, index, y], [xShape.Cols, xShape.Rows, yShape.Rows]));
}
