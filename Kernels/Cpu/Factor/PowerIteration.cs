using System.Buffers;
using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The largest singular value of a matrix by power iteration.</summary>
public static class PowerIteration
{
    /// <summary>
    /// Repeats v := W^T u / |.|, u := W v / |.| from the given u. Stops after <paramref name="steps"/>, or as soon as the distance of v from its
    /// limit is below <paramref name="tolerance"/>: the last change times r / (1 - r), r the ratio of the last two changes. Cost: 4 rows cols flops a step.
    /// </summary>
    /// <param name="w">W [rows x cols].</param>
    /// <param name="rows">Rows of W.</param>
    /// <param name="cols">Columns of W.</param>
    /// <param name="u">Left vector [rows]; start, then result. Of length 1 afterwards, or 0 where W u or W v is.</param>
    /// <param name="v">Right vector [cols]; result.</param>
    /// <param name="steps">Most steps, at least 1.</param>
    /// <param name="tolerance">Accepted distance of v from the singular vector; 0 makes all steps.</param>
    /// <returns>sigma = u^T W v, never above the largest singular value.</returns>
    public static double Run<T>(ReadOnlySpan<T> w, int rows, int cols, Span<T> u, Span<T> v, int steps, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] rented = ArrayPool<T>.Shared.Rent(cols);
        try
        {
            return Run(w, rows, cols, u, v, rented.AsSpan(0, cols), steps, tolerance);
        }
        finally
        {
            ArrayPool<T>.Shared.Return(rented);
        }
    }

    private static double Run<T>(ReadOnlySpan<T> w, int rows, int cols, Span<T> u, Span<T> v, Span<T> next, int steps, double tolerance)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double before = double.PositiveInfinity, sigma = 0;
        for (int step = 0; step < steps; step++)
        {
            next.Clear();
            for (int i = 0; i < rows; i++) VectorOps.AddScaled(u[i], w.Slice(i * cols, cols), next);
            Normalize(next);
            double change = 0;
            for (int j = 0; j < cols; j++)
            {
                double moved = double.CreateTruncating(next[j]) - double.CreateTruncating(v[j]);
                change += moved * moved;
            }
            next.CopyTo(v);
            for (int i = 0; i < rows; i++) u[i] = VectorOps.Dot(w.Slice(i * cols, cols), v);
            sigma = Normalize(u);
            // Nothing more to be had from a matrix that is no number, or zero.
            if (!double.IsFinite(sigma) || sigma == 0) break;
            change = Math.Sqrt(change);
            double ratio = change / before;
            // The first v is no iterate yet: two changes are needed before a ratio means anything.
            if (step > 1 && (change == 0 || (ratio < 1 && change * ratio / (1 - ratio) <= tolerance && change <= Math.Sqrt(tolerance)))) break;
            before = change;
        }
        return sigma;
    }

    // Divides by the length and returns it; a vector of zeros stays.
    private static double Normalize<T>(Span<T> x)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double square = 0;
        for (int i = 0; i < x.Length; i++) square += double.CreateTruncating(x[i]) * double.CreateTruncating(x[i]);
        double length = Math.Sqrt(square);
        if (length != 0) VectorOps.Scale(T.CreateTruncating(1 / length), x, x);
        return length;
    }
}
