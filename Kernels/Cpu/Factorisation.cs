using System.Numerics;
using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>Carries a <see cref="FactorArgs"/> to the routine that does it. The naive backend takes textbook loops where the fast one has a blocked routine; the rest is shared.</summary>
internal static unsafe class Factorisation
{
    [ThreadStatic]
    private static int* _pivots;

    [ThreadStatic]
    private static int _pivotCapacity;

    public static void Run<T>(CpuMemory<T> memory, in FactorArgs args, bool naive, Workers? workers) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int n = args.N, nn = n * n;
        if (n < 1) throw new ArgumentException($"Factor {args.Kind}: a matrix of order {n}.");
        Span<T> a = Need(memory, args, args.A, nn, "A");
        switch (args.Kind)
        {
            case FactorKind.Lu:
                {
                    Span<int> pivots = Pivots(n);
                    Span<T> stored = Need(memory, args, args.P, n, "P (pivots)");
                    _ = naive ? ReferenceFactor.Lu(a, n, pivots) : Lu.Factor(a, n, pivots, workers);
                    for (int i = 0; i < n; i++) stored[i] = T.CreateChecked(pivots[i]);
                    break;
                }

            case FactorKind.LogAbsDet:
                {
                    Span<T> result = Need(memory, args, args.R, 2, "R (log|det|, sign)");
                    result[0] = T.CreateTruncating(Lu.LogAbsDet<T>(a, n, ReadPivots(memory, args), out int sign));
                    result[1] = T.CreateTruncating(sign);
                    break;
                }

            case FactorKind.Solve:
                RequirePivots(args, a);
                if (naive) ReferenceFactor.Solve<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs);
                else Lu.Solve<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.SolveTransposed:
                RequirePivots(args, a);
                Lu.SolveTransposed<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.SolveRows:
                RequirePivots(args, a);
                Lu.SolveRows<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.Inverse:
                RequirePivots(args, a);
                if (naive) ReferenceFactor.Inverse<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.R, nn, "R"));
                else Lu.Inverse<T>(a, n, ReadPivots(memory, args), Need(memory, args, args.R, nn, "R"), workers);
                break;

            case FactorKind.Cholesky:
                {
                    int bad = naive ? ReferenceFactor.Cholesky(a, n) : Cholesky.Factor(a, n, workers);
                    if (bad >= 0) throw new SingularMatrixException("Cholesky (matrix not positive definite)", n, bad);
                    break;
                }

            case FactorKind.SolveLower:
                TriangularSolve.Left<T>(new Triangle(Lower: true), a, n, Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.SolveUpper:
                TriangularSolve.Left<T>(new Triangle(Lower: false), a, n, Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.SolveUnitLower:
                TriangularSolve.Left<T>(new Triangle(Lower: true, Unit: true), a, n, Need(memory, args, args.B, n * args.Rhs, "B"), args.Rhs, workers);
                break;

            case FactorKind.Qr:
                Qr.Factor<T>(a, n, n, Need(memory, args, args.P, nn, "P (Q)"), Need(memory, args, args.R, nn, "R"), workers);
                break;

            case FactorKind.SymmetricEigen:
                SymmetricEigen.Decompose<T>(a, n, Need(memory, args, args.R, n, "R (eigenvalues)"), Need(memory, args, args.P, nn, "P (eigenvectors)"));
                break;

            case FactorKind.Svd:
                Svd.Decompose<T>(a, n, n, Need(memory, args, args.P, nn, "P (U)"), Need(memory, args, args.R, n, "R (singular values)"), Need(memory, args, args.B, nn, "B (V)"));
                break;

            case FactorKind.Exponential:
                MatrixExponential.Evaluate<T>(a, n, Need(memory, args, args.R, nn, "R"), workers);
                break;

            case FactorKind.ExponentialAdjoint:
                MatrixExponential.Gradient<T>(a, Need(memory, args, args.B, nn, "B (gradient)"), n, Need(memory, args, args.R, nn, "R"), false, workers);
                break;

            case FactorKind.SquareRoot:
                MatrixSquareRoot.General<T>(a, n, Need(memory, args, args.R, nn, "R"), workers);
                break;

            case FactorKind.Logarithm:
                MatrixLogarithm.Evaluate<T>(a, n, Need(memory, args, args.R, nn, "R"), workers);
                break;

            case FactorKind.CholeskyAdjoint:
                Cholesky.Gradient<T>(a, Need(memory, args, args.B, nn, "B (gradient)"), n, Need(memory, args, args.R, nn, "R"), false, workers);
                break;

            default:
                throw new ArgumentException($"Factor: unknown kind {args.Kind}.");
        }
    }

    private static Span<T> Need<T>(CpuMemory<T> memory, in FactorArgs args, Slice slice, int needed, string name) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (slice.Length < needed) Throw.Factor(args.Kind, name, needed, slice.Length);
        return memory.Span(slice.Part(0, needed));
    }

    private static void RequirePivots<T>(in FactorArgs args, ReadOnlySpan<T> lu) where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < args.N; i++)
            if (lu[i * args.N + i] == T.Zero) throw new SingularMatrixException(args.Kind.ToString(), args.N, i);
    }

    private static ReadOnlySpan<int> ReadPivots<T>(CpuMemory<T> memory, in FactorArgs args) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<T> stored = Need(memory, args, args.P, args.N, "P (pivots)");
        Span<int> pivots = Pivots(args.N);
        for (int i = 0; i < pivots.Length; i++) pivots[i] = int.CreateChecked(stored[i]);
        return pivots;
    }

    private static Span<int> Pivots(int n)
    {
        if (n > _pivotCapacity)
        {
            NativeMemory.Free(_pivots);
            _pivots = (int*)NativeMemory.Alloc((nuint)n, sizeof(int));
            _pivotCapacity = n;
        }
        return new Span<int>(_pivots, n);
    }
}
