using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The factorisations as textbooks write them: one idea a line, no blocking, no vectors. They define the meaning of <see cref="Lu"/> and <see cref="Cholesky"/>. Matrices are [n x n], row-major.</summary>
public static class ReferenceFactor
{
    /// <summary>A = P L U in place with row exchanges; returns the first zero pivot or -1. See <see cref="Lu"/>.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static int Lu<T>(Span<T> a, int n, Span<int> pivots)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "ReferenceFactor.Lu", nameof(a));
        Check.Vector(pivots.Length, n, "ReferenceFactor.Lu", nameof(pivots));
        int zero = -1;
        for (int k = 0; k < n; k++)
        {
            int best = k;
            for (int i = k + 1; i < n; i++)
                if (!(T.Abs(a[i * n + k]) <= T.Abs(a[best * n + k]))) best = i;
            pivots[k] = best;
            for (int j = 0; j < n; j++) (a[k * n + j], a[best * n + j]) = (a[best * n + j], a[k * n + j]);
            if (T.IsZero(a[k * n + k]))
            {
                if (zero < 0) zero = k;
                continue;
            }

            for (int i = k + 1; i < n; i++)
            {
                a[i * n + k] /= a[k * n + k];
                for (int j = k + 1; j < n; j++) a[i * n + j] -= a[i * n + k] * a[k * n + j];
            }
        }

        return zero;
    }

    /// <summary>Solves A X = B in place from the factors; B is [n x rhs].</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Solve<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> b, int rhs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(lu.Length, n, n, "ReferenceFactor.Solve", nameof(lu));
        Check.Vector(pivots.Length, n, "ReferenceFactor.Solve", nameof(pivots));
        Check.Matrix(b.Length, n, rhs, "ReferenceFactor.Solve", nameof(b));
        for (int i = 0; i < n; i++)
            for (int c = 0; c < rhs; c++) (b[i * rhs + c], b[pivots[i] * rhs + c]) = (b[pivots[i] * rhs + c], b[i * rhs + c]);
        for (int c = 0; c < rhs; c++)
        {
            for (int i = 0; i < n; i++)
                for (int j = 0; j < i; j++) b[i * rhs + c] -= lu[i * n + j] * b[j * rhs + c];
            for (int i = n - 1; i >= 0; i--)
            {
                for (int j = i + 1; j < n; j++) b[i * rhs + c] -= lu[i * n + j] * b[j * rhs + c];
                b[i * rhs + c] /= lu[i * n + i];
            }
        }
    }

    /// <summary>A^-1 from the factors: the solution for the identity.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Inverse<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(destination.Length, n, n, "ReferenceFactor.Inverse", nameof(destination));
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) destination[i * n + j] = i == j ? T.One : T.Zero;
        Solve(lu, n, pivots, destination, n);
    }

    /// <summary>Cholesky factor in place, upper triangle zero; returns -1 or the first pivot that is not positive.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static int Cholesky<T>(Span<T> a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "ReferenceFactor.Cholesky", nameof(a));
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                T sum = a[i * n + j];
                for (int k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
                if (i == j && !(sum > T.Zero)) return i;
                a[i * n + j] = i == j ? T.Sqrt(sum) : sum / a[j * n + j];
            }

            for (int j = i + 1; j < n; j++) a[i * n + j] = T.Zero;
        }

        return -1;
    }
}
