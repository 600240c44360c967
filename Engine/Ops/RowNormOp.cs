using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>y = |x|, the Euclidean length of every row: [B x D] to [B x 1]. Neither overflows nor loses small rows; the gradient at a row of zeros is 0.</summary>
public sealed class RowNormOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly RowNormOp<T> Instance = new();

    // Slices x, y; sizes columns. Scaled by the largest element, so that no square overflows or vanishes.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("row-norm", static (in CpuArgs<T> a) =>
    {
        Span<T> y = a[1];
        for (int r = 0; r < y.Length; r++)
        {
            ReadOnlySpan<T> row = a[0].Slice(r * a.Size(0), a.Size(0));
            T largest = T.Zero, sum = T.Zero;
            foreach (T v in row) largest = T.Max(largest, T.Abs(v));
            if (largest == T.Zero || !T.IsFinite(largest))
            {
                y[r] = largest;
                continue;
            }
            foreach (T v in row) sum += v / largest * (v / largest);
            y[r] = largest * T.Sqrt(sum);
        }
    });

    // Slices x, y, dy, dx: dx += dy x/y.
    private static readonly KernelId BackwardId = CpuKernels<T>.Define("row-norm-backward", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> x = a[0], y = a[1], dy = a[2];
        Span<T> dx = a[3];
        int columns = a.Size(0);
        for (int i = 0; i < x.Length; i++)
            if (y[i / columns] != T.Zero) dx[i] += dy[i / columns] * (x[i] / y[i / columns]);
    });

    // Slices x, y, tx, ty: ty = sum tx x/y.
    private static readonly KernelId JvpId = CpuKernels<T>.Define("row-norm-jvp", static (in CpuArgs<T> a) =>
    {
        ReadOnlySpan<T> x = a[0], y = a[1], tx = a[2];
        Span<T> ty = a[3];
        int columns = a.Size(0);
        for (int i = 0; i < x.Length; i++)
            if (y[i / columns] != T.Zero) ty[i / columns] += tx[i] * (x[i] / y[i / columns]);
    });

    /// <inheritdoc/>
    public override string Name => "row-norm";

    /// <inheritdoc/>
    public override string Formula => "y = |x| per row;  dx = dy x/y, 0 where y is 0";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Inputs | Reads.Outputs;

    /// <summary>Records |x| for every row, [rows x 1]. Two passes forward, one backward.</summary>
    public static Var Record(Tape<T> tape, Var x) => tape.Record(Instance, [x], x.Rows, 1).Out0;

    /// <inheritdoc/>
    public override void Forward(in OpContext<T> c) => c.Run(ForwardId, [c.X(0), c.Y()], [c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c) => c.Run(BackwardId, [c.X(0), c.Y(), c.Dy(), c.Dx(0)], [c.In(0).Cols]);

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        if (!c.Tx(0).IsNone) c.Run(JvpId, [c.X(0), c.Y(), c.Tx(0), c.Ty()], [c.In(0).Cols]);
    }
}

/// <summary>Recording <see cref="RowNormOp{T}"/>.</summary>
public static class RowNormOpRecording
{
    /// <inheritdoc cref="RowNormOp{T}.Record"/>
    public static Var RowNorm<T>(this Tape<T> tape, Var x) where T : unmanaged, IFloatingPointIeee754<T> => RowNormOp<T>.Record(tape, x);
}
