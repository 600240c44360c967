using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The parts that all linear-layer ops share: z = W x + b on rows, its input gradient and its tangent.</summary>
internal static class LinearMap
{
    // A quarter of a second-level cache of 2 MiB in float; narrower panels would waste the product's packing.
    private const int PanelElements = 1 << 17;

    private const int LeastPanelRows = 56;

    /// <summary>z := x W^T + b.</summary>
    public static void Forward<T>(in OpContext<T> c, Slice bias) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int b = c.In(0).Rows, d = c.In(0).Cols;
        if (bias.IsNone)
        {
            c.Backend.Gemm(new GemmArgs(b, d, d, c.X(0), c.X(1), c.Y()) { TransposeB = true });
            return;
        }
        Slice z = c.Borrow(b * d);
        c.Backend.Gemm(new GemmArgs(b, d, d, c.X(0), c.X(1), z) { TransposeB = true });
        AddOp<T>.AddRow(c.Backend, z, bias, c.Y(), b, d);
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
    /// dw += left^T x + scale r^T, for left and x of <paramref name="rows"/> rows: in panels of rows of dw that stay in the second-level
    /// cache from the product to the transposed addition.
    /// </summary>
    public static void WeightGradient<T>(in OpContext<T> c, int input, Slice left, Slice x, int rows, Slice r, double scale)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = c.In(input).Cols;
        Slice dw = c.ClaimDx(input, out bool add);
        int height = Math.Clamp(PanelElements / d, Math.Min(d, LeastPanelRows), d);
        for (int row = 0; row < d; row += height)
        {
            int count = Math.Min(height, d - row);
            Slice panel = dw.Part(row * d, count * d);
            c.Backend.Gemm(new GemmArgs(count, d, rows, left.Part(row, rows * d - row), x, panel) { TransposeA = true, Lda = d, Accumulate = add });
            BasicKernels<T>.AddTransposedColumns(c.Backend, r, panel, d, d, row, count, scale);
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
