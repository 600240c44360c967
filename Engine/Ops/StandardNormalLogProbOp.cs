using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y[r] = log density of N(0, I) at row r, in nats: [batch x features] to [batch x 1].</summary>
public sealed class StandardNormalLogProbOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly StandardNormalLogProbOp<T> Instance = new();

    // Slices z, y; sizes rows, cols.
    private static readonly KernelId Kernel = CpuKernels<T>.Define("standard-normal-log-prob",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T constant = T.CreateChecked(-0.5 * cols * Math.Log(2 * Math.PI)), half = T.CreateChecked(0.5);
            Span<T> z = a[0], y = a[1];
            for (int r = 0; r < rows; r++)
            {
                T sum = T.Zero;
                for (int c = 0; c < cols; c++) sum += z[r * cols + c] * z[r * cols + c];
                y[r] = constant - half * sum;
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            T constant = T.CreateChecked(-0.5 * cols * Math.Log(2 * Math.PI)), half = T.CreateChecked(0.5);
            Span<T> z = a[0], y = a[1];
            for (int r = 0; r < rows; r++) y[r] = constant - half * VectorOps.SumSquares<T>(z.Slice(r * cols, cols));
        });

    // Slices z, dy, dz; sizes rows, cols.
    private static readonly KernelId BackwardKernel = CpuKernels<T>.Define("standard-normal-log-prob-backward",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> z = a[0], dy = a[1], dz = a[2];
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++) dz[r * cols + c] -= dy[r] * z[r * cols + c];
        },
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> z = a[0], dy = a[1], dz = a[2];
            for (int r = 0; r < rows; r++)
            {
                Span<T> row = dz.Slice(r * cols, cols);
                VectorOps.AddScaled(-dy[r], z.Slice(r * cols, cols), row);
            }
        });

    // Slices z, tz, ty; sizes rows, cols.
    private static readonly KernelId JvpKernel = CpuKernels<T>.Define("standard-normal-log-prob-jvp",
        static (in CpuArgs<T> a) =>
        {
            int rows = a.Size(0), cols = a.Size(1);
            Span<T> z = a[0], tz = a[1], ty = a[2];
            for (int r = 0; r < rows; r++)
            {
                T sum = T.Zero;
                for (int c = 0; c < cols; c++) sum += z[r * cols + c] * tz[r * cols + c];
                ty[r] = -sum;
            }
        });

    /// <inheritdoc/>
    public override string Name => "standard-normal-log-prob";

    /// <inheritdoc/>
    public override string Formula => "y[r] = -D/2 log(2 pi) - |z[r, :]|^2 / 2;  dz[r, :] = -dy[r] z[r, :]";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records log N(z; 0, I) by row. Cost: two flops an element, and the same backward.</summary>
    public static Var Record(Tape<T> tape, Var z) => tape.Record(Instance, [z], z.Rows, 1).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(Kernel, [c.X(0), c.Y()], [c.In(0).Rows, c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardKernel, [c.X(0), c.Dy(), c.Dx(0)], [c.In(0).Rows, c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else c.Run(JvpKernel, [c.X(0), c.Tx(0), c.Ty()], [c.In(0).Rows, c.In(0).Cols]);
    }
}

/// <summary>Recording <see cref="StandardNormalLogProbOp{T}"/>.</summary>
public static class StandardNormalLogProbOpRecording
{
    /// <summary>log density of N(0, I) at every row of z, in nats: [rows x 1].</summary>
    public static Var StandardNormalLogProb<T>(this Tape<T> tape, Var z) where T : unmanaged, IFloatingPointIeee754<T> => StandardNormalLogProbOp<T>.Record(tape, z);
}
