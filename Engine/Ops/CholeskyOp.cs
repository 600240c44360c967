using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>L with L L^T = (A + A^T)/2, lower triangular with a positive diagonal; A must be positive definite. The gradient of A is symmetric.</summary>
/// <remarks>Source of both derivatives: Murray 2016, "Differentiation of the Cholesky decomposition".</remarks>
public sealed class CholeskyOp<T> : Op<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The singleton.</summary>
    public static readonly CholeskyOp<T> Instance = new();

    // Slices a, s; size n: s = (a + a^T)/2.
    private static readonly KernelId SymmetrizeId = CpuKernels<T>.Define("cholesky-symmetrize", static (in CpuArgs<T> a) =>
    {
        Span<T> from = a[0], to = a[1];
        int n = a.Size(0);
        T half = T.CreateTruncating(0.5);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) to[i * n + j] = half * (from[i * n + j] + from[j * n + i]);
    });

    // Slice s; size n: the lower triangle with half the diagonal, in place.
    private static readonly KernelId LowerHalfId = CpuKernels<T>.Define("cholesky-lower-half", static (in CpuArgs<T> a) =>
    {
        Span<T> s = a[0];
        int n = a.Size(0);
        for (int i = 0; i < n; i++)
        {
            s[i * n + i] *= T.CreateTruncating(0.5);
            s.Slice(i * n + i + 1, n - i - 1).Clear();
        }
    });

    /// <inheritdoc/>
    public override string Name => "cholesky";

    /// <inheritdoc/>
    public override string Formula => "L L^T = (A + A^T)/2;  dA = sym(L^-T phi(L^T dL) L^-1), phi: lower triangle with half the diagonal";

    /// <inheritdoc/>
    public override Reads Reads => Reads.Outputs;

    /// <summary>Records L. D^3/3 flops.</summary>
    /// <exception cref="ArgumentException">A is not square.</exception>
    public static Var Record(Tape<T> tape, Var a)
    {
        if (a.Rows != a.Cols) throw new ArgumentException($"Cholesky: A is {a.Shape}; it must be square.");
        return tape.Record(Instance, [a], a.Rows, a.Cols).Out0;
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A is not positive definite.</exception>
    public override void Forward(in OpContext<T> c)
    {
        int n = c.Out().Rows;
        c.Run(SymmetrizeId, [c.X(0), c.Y()], [n]);
        c.Backend.Factor(new FactorArgs(FactorKind.Cholesky, n, c.Y(), Slice.None, Slice.None, Slice.None));
    }

    /// <inheritdoc/>
    public override void Backward(in OpContext<T> c)
    {
        int n = c.Out().Rows;
        Slice gradient = c.Borrow(n * n);
        c.Backend.Factor(new FactorArgs(FactorKind.CholeskyAdjoint, n, c.Y(), Slice.None, c.Dy(), gradient));
        BasicKernels<T>.AddScaled(c.Backend, gradient, c.Dx(0));
    }

    /// <inheritdoc/>
    public override void Jvp(in OpContext<T> c)
    {
        if (c.Tx(0).IsNone)
        {
            BasicKernels<T>.Fill(c.Backend, c.Ty(), 0);
            return;
        }

        // tL = L phi(L^-1 tA L^-T); the middle is symmetric, so both solves can come from the left with a transposition between.
        int n = c.Out().Rows;
        Slice first = c.Borrow(n * n), second = c.Borrow(n * n);
        c.Run(SymmetrizeId, [c.Tx(0), first], [n]);
        c.Backend.Factor(new FactorArgs(FactorKind.SolveLower, n, c.Y(), Slice.None, first, Slice.None, n));
        BasicKernels<T>.Fill(c.Backend, second, 0);
        BasicKernels<T>.AddTransposed(c.Backend, first, second, n, n);
        c.Backend.Factor(new FactorArgs(FactorKind.SolveLower, n, c.Y(), Slice.None, second, Slice.None, n));
        c.Run(LowerHalfId, [second], [n]);
        c.Backend.Gemm(new GemmArgs(n, n, n, c.Y(), second, c.Ty()));
    }
}

/// <summary>Recording <see cref="CholeskyOp{T}"/>.</summary>
public static class CholeskyOpRecording
{
    /// <inheritdoc cref="CholeskyOp{T}.Record"/>
    public static Var Cholesky<T>(this Tape<T> tape, Var a) where T : unmanaged, IFloatingPointIeee754<T> => CholeskyOp<T>.Record(tape, a);
}
