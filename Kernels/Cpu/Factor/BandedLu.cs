using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// LU with partial pivoting of a band matrix, and solves with it. By panels: a panel is factored as a dense matrix, everything to its right
/// is a triangular solve and a product. About 2 N Lower (Lower + Upper) flops, 2 N (2 Lower + Upper) a right-hand side.
/// </summary>
/// <remarks>As LAPACK's gbtrf, but by rows; the exchanges of a panel reach back to its first column, not further.</remarks>
internal static unsafe class BandedLu
{
    private const int LargestPanel = 32;

    /// <summary>Factors in place. pivots[k] is how far below row k its pivot was found. Returns the first exactly zero pivot or -1.</summary>
    public static int Factor<T>(Band band, T* memory, T* pivots, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = memory + band.Origin;
        int n = band.N, panel = band.Panel, ld = band.Stride, zero = -1;
        int* exchanges = stackalloc int[LargestPanel];
        for (int k = 0; k < n; k += panel)
        {
            int cols = Math.Min(panel, n - k), right = k + cols, rows = band.LastRow(right) - k, width = band.LastColumn(right) - right;
            T* a11 = a + ((nint)k * ld) + k, a12 = a11 + cols, a21 = a11 + ((nint)cols * ld);
            int first = LuPanel.Factor(rows, cols, a11, ld, exchanges);
            if (first >= 0 && zero < 0) zero = k + first;
            for (int i = 0; i < cols; i++)
            {
                pivots[k + i] = T.CreateTruncating(exchanges[i] - i);
                if (exchanges[i] != i) Rows.Swap(a12 + ((nint)i * ld), a12 + ((nint)exchanges[i] * ld), width);
            }

            if (width == 0) continue;
            TriangularSolve.Left(new Triangle(Lower: true, Unit: true), cols, width, a11, ld, a12, ld, workers);
            if (rows > cols) Gemm.Run(false, false, rows - cols, width, cols, T.NegativeOne, a21, ld, a12, ld, true, a12 + ((nint)cols * ld), ld, workers);
        }

        return zero;
    }

    /// <summary>Solves A X = B in place; <paramref name="b"/> is [N x rhs].</summary>
    public static void Solve<T>(Band band, T* memory, T* pivots, T* b, int rhs, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = memory + band.Origin;
        int n = band.N, panel = band.Panel, ld = band.Stride;
        for (int k = 0; k < n; k += panel)
        {
            int cols = Math.Min(panel, n - k), rows = band.LastRow(k + cols) - k;
            T* a11 = a + ((nint)k * ld) + k;
            T* b1 = b + ((nint)k * rhs);
            for (int i = 0; i < cols; i++) Exchange(b1 + ((nint)i * rhs), int.CreateTruncating(pivots[k + i]), rhs);
            TriangularSolve.Left(new Triangle(Lower: true, Unit: true), cols, rhs, a11, ld, b1, rhs, workers);
            if (rows > cols) Gemm.Run(false, false, rows - cols, rhs, cols, T.NegativeOne, a11 + ((nint)cols * ld), ld, b1, rhs, true, b1 + ((nint)cols * rhs), rhs, workers);
        }

        for (int k = (n - 1) / panel * panel; k >= 0; k -= panel)
        {
            int cols = Math.Min(panel, n - k), right = k + cols, width = band.LastColumn(right) - right;
            T* a11 = a + ((nint)k * ld) + k;
            T* b1 = b + ((nint)k * rhs);
            if (width > 0) Gemm.Run(false, false, cols, rhs, width, T.NegativeOne, a11 + cols, ld, b1 + ((nint)cols * rhs), rhs, true, b1, rhs, workers);
            TriangularSolve.Left(new Triangle(Lower: false), cols, rhs, a11, ld, b1, rhs, workers);
        }
    }

    /// <summary>Solves A^T X = B in place; <paramref name="b"/> is [N x rhs].</summary>
    public static void SolveTransposed<T>(Band band, T* memory, T* pivots, T* b, int rhs, Workers? workers)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* a = memory + band.Origin;
        int n = band.N, panel = band.Panel, ld = band.Stride;
        for (int k = 0; k < n; k += panel)
        {
            int cols = Math.Min(panel, n - k), right = k + cols, width = band.LastColumn(right) - right;
            T* a11 = a + ((nint)k * ld) + k;
            T* b1 = b + ((nint)k * rhs);
            TriangularSolve.Left(new Triangle(Lower: false, Transpose: true), cols, rhs, a11, ld, b1, rhs, workers);
            if (width > 0) Gemm.Run(true, false, width, rhs, cols, T.NegativeOne, a11 + cols, ld, b1, rhs, true, b1 + ((nint)cols * rhs), rhs, workers);
        }

        for (int k = (n - 1) / panel * panel; k >= 0; k -= panel)
        {
            int cols = Math.Min(panel, n - k), rows = band.LastRow(k + cols) - k;
            T* a11 = a + ((nint)k * ld) + k;
            T* b1 = b + ((nint)k * rhs);
            if (rows > cols) Gemm.Run(true, false, cols, rhs, rows - cols, T.NegativeOne, a11 + ((nint)cols * ld), ld, b1 + ((nint)cols * rhs), rhs, true, b1, rhs, workers);
            TriangularSolve.Left(new Triangle(Lower: true, Unit: true, Transpose: true), cols, rhs, a11, ld, b1, rhs, workers);
            for (int i = cols - 1; i >= 0; i--) Exchange(b1 + ((nint)i * rhs), int.CreateTruncating(pivots[k + i]), rhs);
        }
    }

    /// <summary>log|det A|, summed in double; -infinity when a pivot is zero.</summary>
    public static double LogAbsDet<T>(Band band, T* memory)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int i = 0; i < band.N; i++) sum += Math.Log(double.CreateTruncating(T.Abs(Diagonal(band, memory, i))));
        return sum;
    }

    /// <summary>A solve would divide by a zero pivot.</summary>
    /// <exception cref="SingularMatrixException">A pivot is exactly zero.</exception>
    public static void RequirePivots<T>(Band band, T* memory, string what)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < band.N; i++)
            if (T.IsZero(Diagonal(band, memory, i))) throw new SingularMatrixException(what, band.N, i);
    }

    private static T Diagonal<T>(Band band, T* memory, int i)
        where T : unmanaged => memory[band.Origin + ((nint)i * band.Width)];

    private static void Exchange<T>(T* row, int distance, int rhs)
        where T : unmanaged
    {
        if (distance != 0) Rows.Swap(row, row + ((nint)distance * rhs), rhs);
    }
}
