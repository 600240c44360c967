using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Gradients of log|det|, inverse and solve. Matrices are [n x n], row-major; every function adds to <c>destination</c> when <c>accumulate</c> is set.</summary>
public static unsafe class LuGradient
{
    /// <summary>log|det A|: grad A = g A^-T, from the inverse. n^2 flops. Giles 2008, 2.2.4.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void LogAbsDet<T>(ReadOnlySpan<T> inverse, int n, T g, Span<T> destination, bool accumulate = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(inverse.Length, n, n, "LuGradient.LogAbsDet", nameof(inverse));
        Check.Matrix(destination.Length, n, n, "LuGradient.LogAbsDet", nameof(destination));
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                T value = g * inverse[j * n + i];
                destination[i * n + j] = accumulate ? destination[i * n + j] + value : value;
            }
    }

    /// <summary>Y = A^-1: grad A = -Y^T G Y^T. 4 n^3 flops, native scratch of n^2. Giles 2008, 2.2.3.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Inverse<T>(ReadOnlySpan<T> inverse, ReadOnlySpan<T> g, int n, Span<T> destination, bool accumulate = false, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(inverse.Length, n, n, "LuGradient.Inverse", nameof(inverse));
        Check.Matrix(g.Length, n, n, "LuGradient.Inverse", nameof(g));
        Check.Matrix(destination.Length, n, n, "LuGradient.Inverse", nameof(destination));
        using var scratch = new Scratch<T>(n * n);
        fixed (T* y = inverse, pg = g, pd = destination)
        {
            Gemm.Run(true, false, n, n, n, T.One, y, n, pg, n, false, scratch.Pointer, n, workers);
            Gemm.Run(false, true, n, n, n, T.NegativeOne, scratch.Pointer, n, y, n, accumulate, pd, n, workers);
        }
    }

    /// <summary>X = A^-1 B: grad B = A^-T G, written to <paramref name="gradB"/>, and grad A = -grad B X^T. X, G and grad B are [n x rhs].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Solve<T>(
        ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, ReadOnlySpan<T> x, ReadOnlySpan<T> g, int rhs,
        Span<T> gradA, Span<T> gradB, bool accumulateA = false, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(x.Length, n, rhs, "LuGradient.Solve", nameof(x));
        Check.Matrix(g.Length, n, rhs, "LuGradient.Solve", nameof(g));
        Check.Matrix(gradA.Length, n, n, "LuGradient.Solve", nameof(gradA));
        Check.Matrix(gradB.Length, n, rhs, "LuGradient.Solve", nameof(gradB));
        g[..(n * rhs)].CopyTo(gradB);
        Lu.SolveTransposed(lu, n, pivots, gradB, rhs, workers);
        fixed (T* pb = gradB, px = x, pa = gradA)
            Gemm.Run(false, true, n, n, rhs, T.NegativeOne, pb, rhs, px, rhs, accumulateA, pa, n, workers);
    }
}
