using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// LU factorisation with partial pivoting, A = P L U, and what follows from it. Matrices are [n x n], row-major. L (unit lower) and U
/// share the memory of A; row i was exchanged with row <c>pivots[i]</c> at step i, as in LAPACK's getrf. Nothing here allocates.
/// Recursive on columns (Toledo 1997), the trailing updates are matrix products. Backward error n eps growth.
/// </summary>
public static unsafe class Lu
{
    private const int Base = 48;
    private const int Direct = 64;

    /// <summary>Factors A in place. 2/3 n^3 flops.</summary>
    /// <returns>The index of the first exactly zero pivot, or -1. The factors are complete either way; a solve with a zero pivot gives infinities or NaN.</returns>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static int Factor<T>(Span<T> a, int n, Span<int> pivots, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "Lu.Factor", nameof(a));
        Check.Vector(pivots.Length, n, "Lu.Factor", nameof(pivots));
        fixed (T* pa = a)
        fixed (int* pp = pivots)
            return Factor(n, pa, n, pp, workers);
    }

    /// <summary>Factors <paramref name="count"/> matrices, matrix i at <c>i * stride</c>; pivots are [count x n], <paramref name="firstZero"/> is [count] and gets what <see cref="Factor{T}(Span{T}, int, Span{int}, Workers)"/> returns.</summary>
    /// <exception cref="ArgumentException">A span is too short or the matrices overlap.</exception>
    public static void FactorBatched<T>(Span<T> a, int n, int count, int stride, Span<int> pivots, Span<int> firstZero, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckBatch("FactorBatched", "a", a.Length, (long)n * n, count, stride);
        Check.Matrix(pivots.Length, count, n, "Lu.FactorBatched", nameof(pivots));
        Check.Vector(firstZero.Length, count, "Lu.FactorBatched", nameof(firstZero));
        fixed (T* pa = a)
        fixed (int* pp = pivots, pz = firstZero)
        {
            LuBatch<T> batch = LuBatch<T>.Current;
            (batch.N, batch.Count, batch.Stride, batch.Rhs) = (n, count, stride, 0);
            batch.A = pa;
            batch.Pivots = pp;
            batch.FirstZero = pz;
            batch.Run(workers);
        }
    }

    /// <summary>
    /// Solves A X = B in place for <paramref name="count"/> matrices factored by FactorBatched, matrix i at <c>i * stride</c>, its right-hand
    /// sides [n x rhs] at <c>i * strideB</c>. Small matrices go side by side through vectors; the accuracy is that of a single solve, the bits are not.
    /// </summary>
    /// <exception cref="ArgumentException">A span is too short, matrices overlap, or a pivot lies outside its matrix.</exception>
    public static void SolveBatched<T>(ReadOnlySpan<T> lu, int n, int count, int stride, ReadOnlySpan<int> pivots, Span<T> b, int rhs, int strideB, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckBatch("SolveBatched", "lu", lu.Length, (long)n * n, count, stride);
        CheckBatch("SolveBatched", "b", b.Length, (long)n * rhs, count, strideB);
        Check.Matrix(pivots.Length, count, n, "Lu.SolveBatched", nameof(pivots));
        CheckPivots(pivots[..(count * n)], n, "Lu.SolveBatched");
        if (rhs == 0) return;
        fixed (T* pa = lu, pb = b)
        fixed (int* pp = pivots)
        {
            LuBatch<T> batch = LuBatch<T>.Current;
            (batch.N, batch.Count, batch.Stride, batch.Rhs, batch.StrideB) = (n, count, stride, rhs, strideB);
            batch.A = pa;
            batch.B = pb;
            batch.Pivots = pp;
            batch.Run(workers);
        }
    }

    /// <summary>log|det A| from the factors, summed in double; -infinity and sign 0 when a pivot is zero. NaN factors give NaN.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double LogAbsDet<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, out int sign)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(lu.Length, n, n, "Lu.LogAbsDet", nameof(lu));
        Check.Vector(pivots.Length, n, "Lu.LogAbsDet", nameof(pivots));
        double sum = 0;
        sign = 1;
        for (int i = 0; i < n; i++)
        {
            T d = lu[i * n + i];
            sum += Math.Log(double.CreateTruncating(T.Abs(d)));
            if (T.IsZero(d)) sign = 0;
            if (T.IsNegative(d) != (pivots[i] != i)) sign = -sign;
        }

        return sum;
    }

    /// <summary>Solves A X = B in place; <paramref name="b"/> is [n x rhs]. 2 n^2 rhs flops.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Solve<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> b, int rhs, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckSolve(lu.Length, n, pivots, b.Length, n, rhs, "Lu.Solve");
        fixed (T* pa = lu, pb = b)
        fixed (int* pp = pivots)
            Solve(n, pa, pp, pb, rhs, workers);
    }

    /// <summary>Solves A^T X = B in place; <paramref name="b"/> is [n x rhs]. 2 n^2 rhs flops.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void SolveTransposed<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> b, int rhs, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckSolve(lu.Length, n, pivots, b.Length, n, rhs, "Lu.SolveTransposed");
        fixed (T* pa = lu, pb = b)
        {
            TriangularSolve.Left(new Triangle(Lower: false, Transpose: true), n, rhs, pa, n, pb, rhs, workers);
            TriangularSolve.Left(new Triangle(Lower: true, Unit: true, Transpose: true), n, rhs, pa, n, pb, rhs, workers);
            for (int i = n - 1; i >= 0; i--)
                if (pivots[i] != i) Rows.Swap(pb + i * rhs, pb + pivots[i] * rhs, rhs);
        }
    }

    /// <summary>Solves X A^T = B in place for a batch of row vectors; <paramref name="b"/> is [rows x n]: x = W^-1 z for every row, without a transposition.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void SolveRows<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> b, int rows, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckSolve(lu.Length, n, pivots, b.Length, rows, n, "Lu.SolveRows");
        fixed (T* pa = lu, pb = b)
        {
            Permutation.Columns(pivots, n, false, pb, rows, n);
            TriangularSolve.Right(new Triangle(Lower: true, Unit: true, Transpose: true), n, rows, pa, n, pb, n, workers);
            TriangularSolve.Right(new Triangle(Lower: false, Transpose: true), n, rows, pa, n, pb, n, workers);
        }
    }

    /// <summary>Writes A^-1 ([n x n], not the memory of the factors). 4/3 n^3 flops.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Inverse<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, Span<T> destination, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckSolve(lu.Length, n, pivots, destination.Length, n, n, "Lu.Inverse");
        fixed (T* pa = lu, pd = destination)
        {
            // A^-1 = U^-1 L^-1 P^T: L^-1 is triangular, so the permutation waits and is done on columns.
            TriangularSolve.InvertUnitLower(n, pa, n, pd, n, workers);
            TriangularSolve.Left(new Triangle(Lower: false), n, n, pa, n, pd, n, workers);
            Permutation.Columns(pivots, n, true, pd, n, n);
        }
    }

    internal static void Solve<T>(int n, T* lu, int* pivots, T* b, int rhs, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < n; i++)
            if (pivots[i] != i) Rows.Swap(b + (nint)i * rhs, b + (nint)pivots[i] * rhs, rhs);
        TriangularSolve.Left(new Triangle(Lower: true, Unit: true), n, rhs, lu, n, b, rhs, workers);
        TriangularSolve.Left(new Triangle(Lower: false), n, rhs, lu, n, b, rhs, workers);
    }

    internal static int Factor<T>(int n, T* a, int lda, int* pivots, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (n == 0) return -1;
        return n <= Direct ? LuPanel.Factor(n, n, a, lda, pivots) : Recurse(n, n, a, lda, pivots, workers);
    }

    /// <summary>Factors rows x cols (rows >= cols); exchanges reach only these columns, the caller does the others.</summary>
    private static int Recurse<T>(int rows, int cols, T* a, int lda, int* pivots, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (cols <= Base) return LuPanel.Factor(rows, cols, a, lda, pivots);

        int n1 = TriangularSolve.Half(cols), n2 = cols - n1;
        T* right = a + n1;
        T* below = a + n1 * lda;
        int zero = Recurse(rows, n1, a, lda, pivots, workers);
        Exchange(n1, right, lda, n2, pivots);
        TriangularSolve.Left(new Triangle(Lower: true, Unit: true), n1, n2, a, lda, right, lda, workers);
        Gemm.Run(false, false, rows - n1, n2, n1, T.NegativeOne, below, lda, right, lda, true, below + n1, lda, workers);
        int zero2 = Recurse(rows - n1, n2, below + n1, lda, pivots + n1, workers);
        Exchange(n2, below, lda, n1, pivots + n1);
        for (int i = 0; i < n2; i++) pivots[n1 + i] += n1;
        return zero >= 0 ? zero : zero2 >= 0 ? zero2 + n1 : -1;
    }

    private static void Exchange<T>(int count, T* a, int lda, int width, int* pivots)
        where T : unmanaged
    {
        for (int i = 0; i < count; i++)
            if (pivots[i] != i) Rows.Swap(a + i * lda, a + pivots[i] * lda, width);
    }

    private static void CheckBatch(string method, string name, int length, long size, int count, int stride)
    {
        if (count > 0 && (stride < size || length < (long)stride * (count - 1) + size))
            throw new ArgumentException($"Lu.{method}: {name} has {length} elements; {count} matrices of {size} at stride {stride} need a stride of at least {size} and {(long)stride * (count - 1) + size} elements.", name);
    }

    private static void CheckSolve(int luLength, int n, ReadOnlySpan<int> pivots, int bLength, int rows, int cols, string method)
    {
        Check.Matrix(luLength, n, n, method, "lu");
        Check.Vector(pivots.Length, n, method, nameof(pivots));
        Check.Matrix(bLength, rows, cols, method, "b");
        CheckPivots(pivots[..n], n, method);
    }

    /// <summary>A pivot outside the matrix would write outside memory.</summary>
    private static void CheckPivots(ReadOnlySpan<int> pivots, int n, string method)
    {
        for (int i = 0; i < pivots.Length; i++)
            if ((uint)pivots[i] >= (uint)n)
                throw new ArgumentException($"{method}: pivots[{i}] is {pivots[i]}, must lie in 0..{n - 1}; pass the pivots that Lu.Factor wrote.", nameof(pivots));
    }
}
