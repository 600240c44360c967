using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[r, c] = x[r, 0] + ... + x[r, c].</summary>
public sealed class RunningSumOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RunningSumOp<T> Instance = new();

    // Slices x, y; size columns.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("running-sum",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0);
            Span<T> x = a[0], y = a[1];
            for (int start = 0; start < x.Length; start += cols)
            {
                // In double, whatever T is: knots near the end of a range keep their last digit.
                double sum = 0;
                for (int c = start; c < start + cols; c++) y[c] = T.CreateTruncating(sum += double.CreateTruncating(x[c]));
            }
        });

    // Slices dy, dx; size columns.
    private static readonly KernelId BackwardKernel = CpuKernels<T>.Define("running-sum-backward",
        static (in CpuArgs<T> a) =>
        {
            int cols = a.Size(0);
            Span<T> dy = a[0], dx = a[1];
            for (int start = 0; start < dy.Length; start += cols)
            {
                T sum = T.Zero;
                for (int c = start + cols - 1; c >= start; c--) dx[c] += sum += dy[c];
            }
        });

    /// <inheritdoc/>
    public override string Name => "running-sum";

    /// <inheritdoc/>
    public override string Formula => "y[:, c] = x[:, 0] + ... + x[:, c];  dx[:, c] = dy[:, c] + ... + dy[:, last]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Nothing;

    /// <summary>Records the running sums of each row. Cost: one addition an element.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, x.Cols).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], [c.Out().Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardKernel, [c.Dy(), c.Dx(0)], [c.Out().Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(Kernel, [c.Tx(0), c.Ty()], [c.Out().Cols]);
    }
}

/// <summary>Recording <see cref="RunningSumOp{T}"/>.</summary>
public static class RunningSumOpRecording
{
    /// <summary>The running sums of each row.</summary>
    public static Var RunningSum<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => RunningSumOp<T>.Record(tape, x);
}
