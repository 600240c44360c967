using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[r] = log(sum over c of exp(x[r, c])): [rows x cols] to [rows x 1]. Shifted by the largest of the row, so it neither overflows nor underflows.</summary>
public sealed class RowLogSumExpOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RowLogSumExpOp<T> Instance = new();

    // Slices x, y; sizes rows, cols.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("row-log-sum-exp",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
            {
                T max = T.NegativeInfinity, sum = T.Zero;
                for (int c = 0; c < cols; c++) max = T.Max(max, x[r * cols + c]);
                for (int c = 0; c < cols; c++) sum += T.Exp(x[r * cols + c] - max);
                // At an infinite maximum, inf - inf would make a NaN of an answer that is known.
                y[r] = T.IsInfinity(max) ? max : max + T.Log(sum);
            }
        },
        static (in CpuArgs<T> a) => MatrixOps.RowLogSumExp<T>(a[0], a[1]));

    // Slices x, y, dy, dx; sizes rows, cols.
    private static readonly KernelId BackwardKernel = CpuKernels<T>.Define("row-log-sum-exp-backward",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], y = a[1], dy = a[2], dx = a[3];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++) dx[r * cols + c] += dy[r] * T.Exp(x[r * cols + c] - y[r]);
        });

    // Slices x, y, tx, ty; sizes rows, cols.
    private static readonly KernelId JvpKernel = CpuKernels<T>.Define("row-log-sum-exp-jvp",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> x = a[0], y = a[1], tx = a[2], ty = a[3];
            for (int r = 0; r < rows; r++)
            {
                T sum = T.Zero;
                for (int c = 0; c < cols; c++) sum += tx[r * cols + c] * T.Exp(x[r * cols + c] - y[r]);
                ty[r] = sum;
            }
        });

    /// <inheritdoc/>
    public override string Name => "row-log-sum-exp";

    /// <inheritdoc/>
    public override string Formula => "y[r] = log sum exp(x[r, :]);  dx[r, :] = dy[r] exp(x[r, :] - y[r])";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records y[r] = log sum exp(x[r, :]). Cost: one exp an element, and one more backward.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, 1).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], [c.In(0).Rows, c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardKernel, [c.X(0), c.Y(), c.Dy(), c.Dx(0)], [c.In(0).Rows, c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(JvpKernel, [c.X(0), c.Y(), c.Tx(0), c.Ty()], [c.In(0).Rows, c.In(0).Cols]);
    }
}

/// <summary>Recording <see cref="RowLogSumExpOp{T}"/>.</summary>
public static class RowLogSumExpOpRecording
{
    /// <summary>log of the sum of exponentials of each row: [rows x 1].</summary>
    public static Var RowLogSumExp<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => RowLogSumExpOp<T>.Record(tape, x);
}
