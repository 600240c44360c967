using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>The parts that all linear-layer ops share: z = W x + b on rows, its input gradient and its tangent.</summary>
internal static class LinearMap
{
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
        int b = c.In(0).Rows, d = c.In(0).Cols;
        if (!c.Dx(0).IsNone) c.Backend.Gemm(new GemmArgs(b, d, d, c.Dy(), c.X(1), c.Dx(0)) { Accumulate = true });
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
