using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The parts that all linear-layer ops share: z = W x + b on rows, its input gradient and its tangent.</summary>
internal static class LinearMap
{
    // A quarter of a second-level cache of 2 MiB in float, wide enough for the product and tall enough to read r in long runs.
    private const int BlockRows = 256, BlockColumns = 512;

    /// <summary>z := x W^T + b.</summary>
    public static void Forward<T>(in OpContext<T> c, Slice bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int b = c.In(0).Rows, d = c.In(0).Cols;
        c.Backend.Gemm(new GemmArgs(b, d, d, c.X(0), c.X(1), c.Y()) { TransposeB = true, Bias = bias });
    }

    /// <summary>dx += dz W, where it is wanted.</summary>
    public static void InputGradient<T>(in OpContext<T> c) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!c.Wants(0)) return;
        int b = c.In(0).Rows, d = c.In(0).Cols;
        Slice dx = c.ClaimDx(0, out bool add);
        c.Backend.Gemm(new GemmArgs(b, d, d, c.Dy(), c.X(1), dx) { Accumulate = add });
    }

    /// <summary>
    /// dw += left^T x + scale r^T, for left and x of <paramref name="rows"/> rows: block by block of dw, so that a block is still in the
    /// second-level cache when the transposed part is added to it.
    /// </summary>
    public static void WeightGradient<T>(in OpContext<T> c, int input, Slice left, Slice x, int rows, Slice r, double scale)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = c.In(input).Cols;
        Slice dw = c.ClaimDx(input, out bool add);
        int downs = (d + BlockRows - 1) / BlockRows, acrosses = (d + BlockColumns - 1) / BlockColumns;
        for (int down = 0; down < downs; down++)
            for (int across = 0; across < acrosses; across++)
            {
                int i = Part(d, downs, down), height = Part(d, downs, down + 1) - i;
                int j = Part(d, acrosses, across), width = Part(d, acrosses, across + 1) - j;
                Slice block = dw.Part(i * d + j, (height - 1) * d + width);
                c.Backend.Gemm(new GemmArgs(height, width, rows, left.Part(i, rows * d - i), x.Part(j, rows * d - j), block)
                {
                    TransposeA = true,
                    Lda = d,
                    Ldb = d,
                    Ldc = d,
                    Accumulate = add,
                });
                BasicKernels<T>.AddTransposed(c.Backend, r.Part(j * d + i, (width - 1) * d + height), d, block, d, width, height, scale);
            }
    }

    // Multiples of 16, so that blocks begin on cache lines where the matrix does.
    private static int Part(int total, int count, int index) => index == count ? total : (int)((long)total * index / count) / 16 * 16;

    /// <summary>tz := tx W^T + x tW^T + tb.</summary>
    public static void Jvp<T>(in OpContext<T> c, Slice tx, Slice tw, Slice tb) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int b = c.In(0).Rows, d = c.In(0).Cols;
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!tx.IsNone) c.Backend.Gemm(new GemmArgs(b, d, d, tx, c.X(1), c.Ty()) { TransposeB = true, Accumulate = true });
        if (!tw.IsNone) c.Backend.Gemm(new GemmArgs(b, d, d, c.X(0), tw, c.Ty()) { TransposeB = true, Accumulate = true });
        if (tb.IsNone) return;
        Slice sum = c.Borrow(b * d);
        BasicKernels<T>.Copy(c.Backend, c.Ty(), sum);
        AddOp<T>.AddRow(c.Backend, sum, tb, c.Ty(), b, d);
    }
}
