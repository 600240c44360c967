using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Cholesky factorisation A = L L^T of a symmetric positive definite [n x n] matrix, row-major. Recursive on matrix products; nothing allocates except the gradient's native scratch.</summary>
public static unsafe class Cholesky
{
    private const int Base = 32;
    private const int SquareBase = 96;

    /// <summary>Factors in place. Only the lower triangle is read; the upper one becomes zero. n^3/3 flops.</summary>
    /// <returns>-1, or the index of the first pivot that is not positive (NaN included); the content is then undefined.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static int Factor<T>(Span<T> a, int n, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "Cholesky.Factor", nameof(a));
        int failed;
        fixed (T* pa = a) failed = Recurse(n, pa, n, workers);
        for (int i = 0; i < n; i++) a.Slice(i * n + i + 1, n - i - 1).Clear();
        return failed;
    }

    /// <summary>log det A = 2 sum log L_ii, summed in double.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double LogDet<T>(ReadOnlySpan<T> l, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(l.Length, n, n, "Cholesky.LogDet", nameof(l));
        double sum = 0;
        for (int i = 0; i < n; i++) sum += Math.Log(double.CreateTruncating(l[i * n + i]));
        return 2 * sum;
    }

    /// <summary>Solves A X = B in place from the factor; <paramref name="b"/> is [n x rhs].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Solve<T>(ReadOnlySpan<T> l, int n, Span<T> b, int rhs, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TriangularSolve.Left(new Triangle(Lower: true), l, n, b, rhs, workers);
        TriangularSolve.Left(new Triangle(Lower: true, Transpose: true), l, n, b, rhs, workers);
    }

    /// <summary>
    /// Gradient with respect to A from the gradient with respect to L (its upper triangle is not used), symmetrised:
    /// S = L^-T Phi(L^T G) L^-1, Phi = lower triangle with half the diagonal, grad A = (S + S^T) / 2. Murray 2016, equation 10.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Gradient<T>(ReadOnlySpan<T> l, ReadOnlySpan<T> g, int n, Span<T> destination, bool accumulate = false, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(l.Length, n, n, "Cholesky.Gradient", nameof(l));
        Check.Matrix(g.Length, n, n, "Cholesky.Gradient", nameof(g));
        Check.Matrix(destination.Length, n, n, "Cholesky.Gradient", nameof(destination));
        using var first = new Scratch<T>(n * n);
        using var second = new Scratch<T>(n * n);
        T* s = first.Pointer, lower = second.Pointer;
        T half = T.CreateChecked(0.5);
        fixed (T* pl = l, pg = g, pd = destination)
        {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++) lower[i * n + j] = j <= i ? pg[i * n + j] : T.Zero;
            Gemm.Run(true, false, n, n, n, T.One, pl, n, lower, n, false, s, n, workers);
            for (int i = 0; i < n; i++)
            {
                s[i * n + i] *= half;
                for (int j = i + 1; j < n; j++) s[i * n + j] = T.Zero;
            }

            TriangularSolve.Left(new Triangle(Lower: true, Transpose: true), n, n, pl, n, s, n, workers);
            TriangularSolve.Right(new Triangle(Lower: true), n, n, pl, n, s, n, workers);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                {
                    T value = half * (s[i * n + j] + s[j * n + i]);
                    pd[i * n + j] = accumulate ? pd[i * n + j] + value : value;
                }
        }
    }

    private static int Recurse<T>(int n, T* a, int lda, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Base) return Panel(n, a, lda);

        int n1 = TriangularSolve.Half(n), n2 = n - n1;
        T* a21 = a + n1 * lda;
        int failed = Recurse(n1, a, lda, workers);
        if (failed >= 0) return failed;
        TriangularSolve.Right(new Triangle(Lower: true, Transpose: true), n1, n2, a, lda, a21, lda, workers);
        SubtractSquare(n2, n1, a21, a21 + n1, lda, workers);
        failed = Recurse(n2, a21 + n1, lda, workers);
        return failed < 0 ? -1 : failed + n1;
    }

    /// <summary>C -= B B^T for the lower triangle of C [n x n]: halves down to blocks of which the upper half is done for nothing.</summary>
    private static void SubtractSquare<T>(int n, int k, T* b, T* c, int ld, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= SquareBase)
        {
            Gemm.Run(false, true, n, n, k, T.NegativeOne, b, ld, b, ld, true, c, ld, workers);
            return;
        }

        int n1 = TriangularSolve.Half(n), n2 = n - n1;
        SubtractSquare(n1, k, b, c, ld, workers);
        Gemm.Run(false, true, n2, n1, k, T.NegativeOne, b + (nint)n1 * ld, ld, b, ld, true, c + (nint)n1 * ld, ld, workers);
        SubtractSquare(n2, k, b + (nint)n1 * ld, c + (nint)n1 * ld + n1, ld, workers);
    }

    private static int Panel<T>(int n, T* a, int lda)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < n; i++)
        {
            T* row = a + i * lda;
            for (int j = 0; j < i; j++) row[j] = (row[j] - Rows.Dot(row, a + j * lda, j)) / a[j * lda + j];
            T d = row[i] - Rows.Dot(row, row, i);
            if (!(d > T.Zero)) return i;
            row[i] = T.Sqrt(d);
        }

        return -1;
    }
}
