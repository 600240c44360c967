using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>log N(z; 0, I) in nats: [B x D] to [B x 1].</summary>
public sealed class StandardNormalLogProbOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly StandardNormalLogProbOp<T> Instance = new();

    // Slices z, y; sizes columns.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("standard-normal-log-prob",
        static (in CpuArgs<T> a) =>
        {
            Span<T> z = a[0], y = a[1];
            int cols = a.Size(0);
            T half = T.CreateTruncating(0.5), constant = T.CreateTruncating(-0.5 * cols * Math.Log(2 * Math.PI));
            for (int r = 0; r < y.Length; r++)
            {
                T sum = T.Zero;
                for (int c = 0; c < cols; c++) sum += z[(r * cols) + c] * z[(r * cols) + c];
                y[r] = constant - (half * sum);
            }
        },
        static (in CpuArgs<T> a) => GaussianRows.LogProb<T>(a[0], a[1], a.Workers));

    // Slices z, v, y; sizes columns: y[r] += - sum z v.
    private static readonly KernelId RowDotId = CpuKernels<T>.Define("standard-normal-log-prob-jvp",
        static (in CpuArgs<T> a) =>
        {
            Span<T> z = a[0], v = a[1], y = a[2];
            for (int i = 0; i < z.Length; i++) y[i / a.Size(0)] -= z[i] * v[i];
        });

    // Slices z, dy, dz; sizes columns, whether to add.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("standard-normal-log-prob-backward",
        static (in CpuArgs<T> a) =>
        {
            Span<T> z = a[0], dy = a[1], dz = a[2];
            for (int i = 0; i < z.Length; i++) dz[i] = (a.Size(1) == 1 ? dz[i] : T.Zero) - dy[i / a.Size(0)] * z[i];
        },
        static (in CpuArgs<T> a) => GaussianRows.Gradient<T>(a[0], a[1], a[2], a.Size(1) == 1, a.Workers));

    /// <inheritdoc/>
    public override string Name => "standard-normal-log-prob";

    /// <inheritdoc/>
    public override string Formula => "y = -|z|^2/2 - D/2 ln(2 pi);  dz = -z dy";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs;

    /// <summary>Records log N(z; 0, I), [B x 1].</summary>
    public static Var Record(Tape<T> tape, Var z) => tape.Record(Instance, [z], z.Rows, 1).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y()], [c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice dz = c.ClaimDx(0, out bool add);
        c.Run(BackwardId, [c.X(0), c.Dy(), dz], [c.In(0).Cols, add ? 1 : 0]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(RowDotId, [c.X(0), c.Tx(0), c.Ty()], [c.In(0).Cols]);
    }
}

/// <summary>Recording <see cref="StandardNormalLogProbOp{T}"/>.</summary>
public static class StandardNormalLogProbOpRecording
{
    /// <inheritdoc cref="StandardNormalLogProbOp{T}.Record"/>
    public static Var StandardNormalLogProb<T>(this Tape<T> tape, Var z) where T : unmanaged, IFloatingPointIeee754<T> => StandardNormalLogProbOp<T>.Record(tape, z);
}
