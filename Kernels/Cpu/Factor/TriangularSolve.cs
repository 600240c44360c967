using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Which triangular system: op(A) X = B or X op(A) = B.</summary>
/// <param name="Lower">A is lower (else upper) triangular; the other triangle is not read.</param>
/// <param name="Unit">The diagonal counts as ones and is not read.</param>
/// <param name="Transpose">op(A) = A^T.</param>
public readonly record struct Triangle(bool Lower, bool Unit = false, bool Transpose = false);

/// <summary>Triangular systems with many right-hand sides, in place, row-major. Recursive on <see cref="Gemm"/>; n^2 rhs flops; no allocation.</summary>
public static unsafe class TriangularSolve
{
    private const int Base = 64;
    private const int Tile = 64;

    /// <summary>Solves op(A) X = B. <paramref name="a"/> is [n x n], <paramref name="b"/> is [n x rhs] and becomes X. A zero diagonal gives infinities or NaN, as the division does.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Left<T>(Triangle triangle, ReadOnlySpan<T> a, int n, Span<T> b, int rhs, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "TriangularSolve.Left", nameof(a));
        Check.Matrix(b.Length, n, rhs, "TriangularSolve.Left", nameof(b));
        fixed (T* pa = a, pb = b) Left(triangle, n, rhs, pa, n, pb, rhs, workers);
    }

    /// <summary>Solves X op(A) = B. <paramref name="a"/> is [n x n], <paramref name="b"/> is [rows x n] and becomes X: the form for a batch of row vectors.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Right<T>(Triangle triangle, ReadOnlySpan<T> a, int n, Span<T> b, int rows, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "TriangularSolve.Right", nameof(a));
        Check.Matrix(b.Length, rows, n, "TriangularSolve.Right", nameof(b));
        fixed (T* pa = a, pb = b) Right(triangle, n, rows, pa, n, pb, n, workers);
    }

    /// <summary>Writes the inverse of a unit lower triangular matrix ([n x n], its diagonal and upper triangle are not read) as a full matrix. n^3/3 flops.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void InvertUnitLower<T>(ReadOnlySpan<T> a, int n, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "TriangularSolve.InvertUnitLower", nameof(a));
        Check.Matrix(destination.Length, n, n, "TriangularSolve.InvertUnitLower", nameof(destination));
        fixed (T* pa = a, pd = destination) InvertUnitLower(n, pa, n, pd, n, workers);
    }

    internal static void Left<T>(Triangle t, int n, int rhs, T* a, int lda, T* b, int ldb, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0 || rhs == 0) return;
        if (rhs == 1 && ldb == 1)
        {
            Vector(t, n, a, lda, b);
            return;
        }

        if (n <= Base)
        {
            TriangularTile.Left(t, n, rhs, a, lda, b, ldb);
            return;
        }

        int n1 = Half(n), n2 = n - n1;
        T* a22 = a + n1 * lda + n1;
        T* b2 = b + n1 * ldb;
        // The stored off-diagonal block; as op(A)_21 or op(A)_12 it is read transposed or not.
        T* off = t.Lower ? a + n1 * lda : a + n1;
        if (t.Lower != t.Transpose)
        {
            Left(t, n1, rhs, a, lda, b, ldb, workers);
            Gemm.Run(t.Transpose, false, n2, rhs, n1, T.NegativeOne, off, lda, b, ldb, true, b2, ldb, workers);
            Left(t, n2, rhs, a22, lda, b2, ldb, workers);
        }
        else
        {
            Left(t, n2, rhs, a22, lda, b2, ldb, workers);
            Gemm.Run(t.Transpose, false, n1, rhs, n2, T.NegativeOne, off, lda, b2, ldb, true, b, ldb, workers);
            Left(t, n1, rhs, a, lda, b, ldb, workers);
        }
    }

    internal static void Right<T>(Triangle t, int n, int rows, T* a, int lda, T* b, int ldb, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0 || rows == 0) return;
        if (n <= Base || rows == 1)
        {
            RightBase(t, n, rows, a, lda, b, ldb);
            return;
        }

        int n1 = Half(n), n2 = n - n1;
        T* a22 = a + n1 * lda + n1;
        T* off = t.Lower ? a + n1 * lda : a + n1;
        if (t.Lower != t.Transpose)
        {
            Right(t, n2, rows, a22, lda, b + n1, ldb, workers);
            Gemm.Run(false, t.Transpose, rows, n1, n2, T.NegativeOne, b + n1, ldb, off, lda, true, b, ldb, workers);
            Right(t, n1, rows, a, lda, b, ldb, workers);
        }
        else
        {
            Right(t, n1, rows, a, lda, b, ldb, workers);
            Gemm.Run(false, t.Transpose, rows, n2, n1, T.NegativeOne, b, ldb, off, lda, true, b + n1, ldb, workers);
            Right(t, n2, rows, a22, lda, b + n1, ldb, workers);
        }
    }

    internal static void InvertUnitLower<T>(int n, T* a, int lda, T* x, int ldx, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n <= Base)
        {
            for (int i = 0; i < n; i++)
            {
                new Span<T>(x + i * ldx, n).Clear();
                x[i * ldx + i] = T.One;
            }

            TriangularTile.Left(new Triangle(Lower: true, Unit: true), n, n, a, lda, x, ldx);
            return;
        }

        int n1 = Half(n), n2 = n - n1;
        T* x21 = x + n1 * ldx;
        InvertUnitLower(n1, a, lda, x, ldx, workers);
        InvertUnitLower(n2, a + n1 * lda + n1, lda, x21 + n1, ldx, workers);
        for (int i = 0; i < n1; i++) new Span<T>(x + i * ldx + n1, n2).Clear();
        // X21 = -L22^-1 L21 L11^-1, by solves on both sides: a product with the finished X11 would not use its zeros.
        for (int i = 0; i < n2; i++)
            for (int j = 0; j < n1; j++) x21[i * ldx + j] = -a[(n1 + i) * lda + j];
        Right(new Triangle(Lower: true, Unit: true), n1, n2, a, lda, x21, ldx, workers);
        Left(new Triangle(Lower: true, Unit: true), n2, n1, a + n1 * lda + n1, lda, x21, ldx, workers);
    }

    /// <summary>A split at a multiple of the vector width keeps the halves' rows aligned alike.</summary>
    internal static int Half(int n) => n <= 2 * Base ? (n + 1) / 2 : (n / 2 + Base - 1) / Base * Base;

    /// <summary>x op(A) = b is op(A)^T x^T = b^T: many rows are transposed into a tile, few are solved one at a time.</summary>
    [SkipLocalsInit]
    private static void RightBase<T>(Triangle t, int n, int rows, T* a, int lda, T* b, int ldb)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Triangle flipped = t with { Transpose = !t.Transpose };
        int i = 0;
        if (n <= Base)
        {
            T* tile = stackalloc T[Base * Tile];
            while (rows - i >= 4)
            {
                int count = Math.Min(Tile, rows - i), padded = Math.Min(Tile, (count + 15) / 16 * 16);
                if (padded > count) new Span<T>(tile, n * padded).Clear();
                Transposition.Run(b + (nint)i * ldb, ldb, tile, padded, count, n);
                TriangularTile.Left(flipped, n, padded, a, lda, tile, padded);
                Transposition.Run(tile, padded, b + (nint)i * ldb, ldb, n, count);
                i += count;
            }
        }

        for (; i < rows; i++) Vector(flipped, n, a, lda, b + (nint)i * ldb);
    }

    /// <summary>One contiguous right-hand side: dots with the rows of A, or updates by them when transposed.</summary>
    private static void Vector<T>(Triangle t, int n, T* a, int lda, T* x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool forward = t.Lower != t.Transpose;
        for (int step = 0; step < n; step++)
        {
            int i = forward ? step : n - 1 - step;
            T* row = a + i * lda;
            // The stored part of row i beside the diagonal.
            int from = t.Lower ? 0 : i + 1, count = t.Lower ? i : n - 1 - i;
            if (!t.Transpose) x[i] -= Rows.Dot(row + from, x + from, count);
            if (!t.Unit) x[i] /= row[i];
            if (t.Transpose) Rows.SubtractScaled(x + from, row + from, x[i], count);
        }
    }
}
