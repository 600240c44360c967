using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The parts that all linear-layer ops share: z = W x + b on rows, its input gradient and its tangent.</summary>
internal static class LinearMap
{
    // Whole register tiles of 14 rows and whole cache lines of 16. From 112 rows to all of them the step takes the same time within its
    // noise, at 784 to 3072 features; this size is never the slowest.
    private const int PanelRows = 448;

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
    /// dw += left^T x + scale g[0] r^T, for left and x of <paramref name="rows"/> rows: panel by panel of dw, so that part of a panel is still
    /// in the second-level cache when the transposed part is added to it.
    /// </summary>
    public static void WeightGradient<T>(in OpContext<T> c, int input, Slice left, Slice x, int rows, Slice r, Slice g, double scale = 1)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = c.In(input).Cols;
        Slice dw = c.ClaimDx(input, out bool add);
        for (int i = 0; i < d; i += PanelRows)
        {
            int count = Math.Min(PanelRows, d - i);
            Slice panel = dw.Part(i * d, count * d);
            c.Backend.Gemm(new GemmArgs(count, d, rows, left.Part(i, rows * d - i), x, panel) { TransposeA = true, Lda = d, Accumulate = add });
            ScalarKernels<T>.AddTransposed(c.Backend, g, r.Part(i, d * d - i), d, panel, d, d, count, scale);
        }
    }

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
