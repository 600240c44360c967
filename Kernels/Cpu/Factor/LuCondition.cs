using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>How far a matrix is from singular. Matrices are [n x n], row-major.</summary>
public static class LuCondition
{
    /// <summary>The 1-norm: largest absolute column sum, in double.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double OneNorm<T>(ReadOnlySpan<T> a, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(a.Length, n, n, "LuCondition.OneNorm", nameof(a));
        double norm = 0;
        for (int j = 0; j < n; j++)
        {
            double sum = 0;
            for (int i = 0; i < n; i++) sum += Math.Abs(double.CreateTruncating(a[i * n + j]));
            norm = Math.Max(norm, sum);
        }

        return norm;
    }

    /// <summary>
    /// Estimates the 1-norm condition number from the LU factors and <see cref="OneNorm"/> of the original matrix. A lower bound, nearly
    /// always within a factor 3; about 10 solves of n^2. Infinity for a zero pivot. Hager 1984, Higham 1988 (Algorithm 4.1).
    /// </summary>
    /// <param name="lu">The factors.</param>
    /// <param name="n">Size.</param>
    /// <param name="pivots">The pivots of the factors.</param>
    /// <param name="oneNorm">The 1-norm of the matrix before it was factored.</param>
    /// <param name="scratch">2 n elements, overwritten.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static double Estimate<T>(ReadOnlySpan<T> lu, int n, ReadOnlySpan<int> pivots, double oneNorm, Span<T> scratch)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Check.Matrix(lu.Length, n, n, "LuCondition.Estimate", nameof(lu));
        Check.Vector(scratch.Length, 2 * n, "LuCondition.Estimate", nameof(scratch));
        if (n == 0) return 0;
        for (int i = 0; i < n; i++)
            if (T.IsZero(lu[i * n + i])) return double.PositiveInfinity;

        Span<T> x = scratch[..n], z = scratch.Slice(n, n);
        x.Fill(T.One / T.CreateChecked(n));
        double estimate = 0;
        int last = -1;
        for (int step = 0; step < 5; step++)
        {
            Lu.Solve(lu, n, pivots, x, 1);
            double norm = AbsSum(x);
            if (double.IsNaN(norm)) return norm;
            if (step > 0 && norm <= estimate) break;
            estimate = norm;
            for (int i = 0; i < n; i++) z[i] = T.IsNegative(x[i]) ? T.NegativeOne : T.One;
            Lu.SolveTransposed(lu, n, pivots, z, 1);
            int best = 0;
            for (int i = 1; i < n; i++)
                if (T.Abs(z[i]) > T.Abs(z[best])) best = i;
            if (best == last) break;
            last = best;
            x.Clear();
            x[best] = T.One;
        }

        // A vector of alternating growing entries catches the matrices on which the ascent above stalls.
        for (int i = 0; i < n; i++)
        {
            double value = 1 + (n > 1 ? (double)i / (n - 1) : 0);
            x[i] = T.CreateChecked(i % 2 == 0 ? value : -value);
        }

        Lu.Solve(lu, n, pivots, x, 1);
        return oneNorm * Math.Max(estimate, 2 * AbsSum(x) / (3.0 * n));
    }

    private static double AbsSum<T>(ReadOnlySpan<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        foreach (T value in x) sum += Math.Abs(double.CreateTruncating(value));
        return sum;
    }
}
