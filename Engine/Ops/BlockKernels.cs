using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>Copying blocks of columns between matrices of different width.</summary>
internal static class BlockKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // Slices x, y; sizes rows, cols, row stride and first column of x, row stride and first column of y.
    private static readonly KernelId CopyId = CpuKernels<T>.Define("copy-block",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++)
                for (int c = 0; c < a.Size(1); c++)
                    y[r * a.Size(4) + a.Size(5) + c] = x[r * a.Size(2) + a.Size(3) + c];
        },
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++)
                x.Slice(r * a.Size(2) + a.Size(3), a.Size(1)).CopyTo(y[(r * a.Size(4) + a.Size(5))..]);
        });

    private static readonly KernelId AddId = CpuKernels<T>.Define("add-block",
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++)
                for (int c = 0; c < a.Size(1); c++)
                    y[r * a.Size(4) + a.Size(5) + c] += x[r * a.Size(2) + a.Size(3) + c];
        },
        static (in CpuArgs<T> a) =>
        {
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < a.Size(0); r++)
            {
                Span<T> to = y.Slice(r * a.Size(4) + a.Size(5), a.Size(1));
                System.Numerics.Tensors.TensorPrimitives.Add(x.Slice(r * a.Size(2) + a.Size(3), a.Size(1)), to, to);
            }
        });

    public static void Copy(IBackend<T> backend, Slice x, int xCols, int xStart, Slice y, int yCols, int yStart, int rows, int cols)
        => backend.Run(CopyId, new KernelArgs([x, y], [rows, cols, xCols, xStart, yCols, yStart]));

    public static void Add(IBackend<T> backend, Slice x, int xCols, int xStart, Slice y, int yCols, int yStart, int rows, int cols)
        => backend.Run(AddId, new KernelArgs([x, y], [rows, cols, xCols, xStart, yCols, yStart]));
}
