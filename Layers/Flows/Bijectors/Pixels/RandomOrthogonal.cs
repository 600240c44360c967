using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Start values: random orthogonal matrices and their factors.</summary>
internal static class RandomOrthogonal
{
    /// <summary>Largest order offered: beyond it the start, 4 n^3 flops in simple loops, would take minutes.</summary>
    public const int Largest = 2048;

    /// <summary>An orthogonal matrix [n x n], evenly distributed: Gaussian rows made orthonormal, twice, so that they are so to the last digits.</summary>
    public static double[] Matrix(ulong seed, int n)
    {
        var q = new double[n * n];
        RandomFill.Gaussian<double>(seed, 0, 0, q);
        for (int i = 0; i < n; i++)
        {
            Span<double> row = q.AsSpan(i * n, n);
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < i; j++)
                {
                    ReadOnlySpan<double> before = q.AsSpan(j * n, n);
                    Subtract(row, before, Dot(row, before));
                }
                double length = Math.Sqrt(Dot(row, row));
                for (int k = 0; k < n; k++) row[k] /= length;
            }
        }
        return q;
    }

    /// <summary>LU with partial pivoting in place: L below the diagonal, U on and above it. Gives the row of the matrix that became each row of L U.</summary>
    public static int[] Factor(double[] a, int n)
    {
        var rows = new int[n];
        for (int i = 0; i < n; i++) rows[i] = i;
        for (int k = 0; k < n; k++)
        {
            int pivot = k;
            for (int i = k + 1; i < n; i++)
                if (Math.Abs(a[(i * n) + k]) > Math.Abs(a[(pivot * n) + k])) pivot = i;
            if (pivot != k)
            {
                (rows[k], rows[pivot]) = (rows[pivot], rows[k]);
                for (int j = 0; j < n; j++) (a[(k * n) + j], a[(pivot * n) + j]) = (a[(pivot * n) + j], a[(k * n) + j]);
            }
            for (int i = k + 1; i < n; i++)
            {
                double factor = a[(i * n) + k] /= a[(k * n) + k];
                Subtract(a.AsSpan((i * n) + k + 1, n - k - 1), a.AsSpan((k * n) + k + 1, n - k - 1), factor);
            }
        }
        return rows;
    }

    // Eight sums whatever the machine's vectors are, each number rounded alone: a seed gives the same bits everywhere.
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ReadOnlySpan<Vector512<double>> wideA = MemoryMarshal.Cast<double, Vector512<double>>(a), wideB = MemoryMarshal.Cast<double, Vector512<double>>(b);
        Vector512<double> sums = Vector512<double>.Zero;
        for (int i = 0; i < wideA.Length; i++) sums += wideA[i] * wideB[i];
        double sum = 0;
        for (int i = 0; i < Vector512<double>.Count; i++) sum += sums[i];
        for (int i = wideA.Length * Vector512<double>.Count; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static void Subtract(Span<double> a, ReadOnlySpan<double> b, double factor)
    {
        Span<Vector512<double>> wideA = MemoryMarshal.Cast<double, Vector512<double>>(a);
        ReadOnlySpan<Vector512<double>> wideB = MemoryMarshal.Cast<double, Vector512<double>>(b);
        for (int i = 0; i < wideA.Length; i++) wideA[i] -= factor * wideB[i];
        for (int i = wideA.Length * Vector512<double>.Count; i < a.Length; i++) a[i] -= factor * b[i];
    }
}
