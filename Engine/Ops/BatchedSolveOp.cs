using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>x_i = A_i^-1 z_i: every row of Z [B x D] has a matrix of its own in A [B D x D]. dz_i = A_i^-T dx_i, dA_i = -dz_i x_i^T.</summary>
public sealed class BatchedSolveOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly BatchedSolveOp<T> Instance = new();

    // Slices matrices (become their factors), pivots, z (becomes x); sizes order, count.
    private static readonly KernelId ForwardId = CpuKernels<T>.Define("batched-solve",
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0);
            Span<int> pivots = BatchedLu<T>.Integers(a[1]);
            for (int i = 0; i < a.Size(1); i++)
            {
                Span<T> matrix = a[0].Slice(i * n * n, n * n);
                _ = Lu.Factor(matrix, n, pivots.Slice(i * n, n));
                BatchedLu<T>.RequirePivots(matrix, n);
                Lu.Solve<T>(matrix, n, pivots.Slice(i * n, n), a[2].Slice(i * n, n), 1);
            }
        },
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0), count = a.Size(1);
            Span<int> pivots = BatchedLu<T>.Factor(a[0], a[1], n, count, a.Workers);
            for (int i = 0; i < count; i++) BatchedLu<T>.RequirePivots(a[0].Slice(i * n * n, n * n), n);
            Lu.SolveBatched<T>(a[0], n, count, n * n, pivots[..(count * n)], a[2], 1, n, a.Workers);
        });

    // Slices factors, pivots, b (becomes A^-1 b); sizes order, count.
    private static readonly KernelId SolveId = CpuKernels<T>.Define("batched-solve-again",
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0);
            Span<int> pivots = BatchedLu<T>.Integers(a[1]);
            for (int i = 0; i < a.Size(1); i++) Lu.Solve<T>(a[0].Slice(i * n * n, n * n), n, pivots.Slice(i * n, n), a[2].Slice(i * n, n), 1);
        });

    // Slices factors, pivots, dx (becomes dz = A^-T dx); sizes order, count.
    private static readonly KernelId TransposedId = CpuKernels<T>.Define("batched-solve-transposed",
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0);
            Span<int> pivots = BatchedLu<T>.Integers(a[1]);
            for (int i = 0; i < a.Size(1); i++) Lu.SolveTransposed<T>(a[0].Slice(i * n * n, n * n), n, pivots.Slice(i * n, n), a[2].Slice(i * n, n), 1);
        });

    // Slices matrices, x, y; sizes order, count: y_i -= A_i x_i.
    private static readonly KernelId SubtractProductId = CpuKernels<T>.Define("batched-subtract-product",
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0);
            for (int r = 0; r < n * a.Size(1); r++)
                a[2][r] -= VectorOps.Dot<T>(a[0].Slice(r * n, n), a[1].Slice(r / n * n, n));
        });

    // Slices u, v, matrices; sizes order, count: A_i -= u_i v_i^T.
    private static readonly KernelId SubtractOuterId = CpuKernels<T>.Define("batched-subtract-outer",
        static (in CpuArgs<T> a) =>
        {
            int n = a.Size(0);
            for (int r = 0; r < n * a.Size(1); r++)
                VectorOps.AddScaled(-a[0][r], a[1].Slice(r / n * n, n), a[2].Slice(r * n, n));
        });

    /// <inheritdoc/>
    public override string Name => "batched-solve";

    /// <inheritdoc/>
    public override string Formula => "x_i = A_i^-1 z_i;  dz_i = A_i^-T dx_i,  dA_i = -dz_i x_i^T";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Outputs;

    /// <summary>Records X [B x D] with A_i x_i = z_i. 2/3 D^3 flops a row.</summary>
    /// <exception cref="ArgumentException">A does not hold one D x D matrix a row of Z.</exception>
    public static Var Record(Tape<T> tape, Var a, Var z)
    {
        if (a.Cols != z.Cols || a.Rows != z.Rows * z.Cols) throw new ArgumentException($"BatchedSolve: A is {a.Shape}, Z is {z.Shape}; A must be {z.Length}x{z.Cols}, one matrix below the other.");
        return tape.Record(Instance, [a, z], z.Rows, z.Cols, scratch: a.Length + BatchedLu<T>.PivotRoom(z.Cols, z.Rows)).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A matrix is exactly singular.</exception>
    public override void Forward(in OpContext<T> c)
    {
        BasicKernels<T>.Copy(c.Backend, c.X(0), Factors(c));
        BasicKernels<T>.Copy(c.Backend, c.X(1), c.Y());
        c.Run(ForwardId, [Factors(c), Pivots(c), c.Y()], [c.Out().Cols, c.Out().Rows]);
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        Slice dz = c.Borrow(c.Out().Length);
        BasicKernels<T>.Copy(c.Backend, c.Dy(), dz);
        c.Run(TransposedId, [Factors(c), Pivots(c), dz], [c.Out().Cols, c.Out().Rows]);
        if (!c.Dx(1).IsNone) BasicKernels<T>.AddScaled(c.Backend, dz, c.Dx(1));
        if (!c.Dx(0).IsNone) c.Run(SubtractOuterId, [dz, c.Y(), c.Dx(0)], [c.Out().Cols, c.Out().Rows]);
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        // A tx + tA x = tz.
        if (c.Tx(1).IsNone) BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
        else BasicKernels<T>.Copy(c.Backend, c.Tx(1), c.Ty());
        if (!c.Tx(0).IsNone) c.Run(SubtractProductId, [c.Tx(0), c.Y(), c.Ty()], [c.Out().Cols, c.Out().Rows]);
        c.Run(SolveId, [Factors(c), Pivots(c), c.Ty()], [c.Out().Cols, c.Out().Rows]);
    }

    private static Slice Factors(in OpContext<T> c) => c.Scratch.Part(0, c.In(0).Length);

    private static Slice Pivots(in OpContext<T> c) => c.Scratch.Part(c.In(0).Length, c.Scratch.Length - c.In(0).Length);
}

/// <summary>Recording <see cref="BatchedSolveOp{T}"/>.</summary>
public static class BatchedSolveOpRecording
{
    /// <inheritdoc cref="BatchedSolveOp{T}.Record"/>
    public static Var BatchedSolve<T>(this Tape<T> tape, Var a, Var z) where T : unmanaged, IFloatingPointIeee754<T> => BatchedSolveOp<T>.Record(tape, a, z);
}
