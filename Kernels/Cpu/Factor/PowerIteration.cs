using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The largest singular value of a matrix by power iteration, sums in double whatever T.</summary>
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
        Span<double> x = cols <= 512 ? stackalloc double[cols] : new double[cols];
        double before = double.PositiveInfinity, sigma = 0;
        for (int step = 0; step < steps; step++)
        {
            x.Clear();
            for (int i = 0; i < rows; i++)
            {
                double ui = double.CreateTruncating(u[i]);
                ReadOnlySpan<T> row = w.Slice(i * cols, cols);
                for (int j = 0; j < cols; j++) x[j] += ui * double.CreateTruncating(row[j]);
            }
            double length = Length(x), change = 0;
            for (int j = 0; j < cols; j++)
            {
                double now = length > 0 ? x[j] / length : 0, moved = now - double.CreateTruncating(v[j]);
                change += moved * moved;
                v[j] = T.CreateTruncating(now);
                x[j] = now;
            }
            double square = 0;
            for (int i = 0; i < rows; i++)
            {
                double sum = 0;
                ReadOnlySpan<T> row = w.Slice(i * cols, cols);
                for (int j = 0; j < cols; j++) sum += double.CreateTruncating(row[j]) * x[j];
                u[i] = T.CreateTruncating(sum);
                square += sum * sum;
            }
            sigma = Math.Sqrt(square);
            T scale = T.CreateTruncating(sigma > 0 ? 1 / sigma : 0);
            for (int i = 0; i < rows; i++) u[i] *= scale;
            change = Math.Sqrt(change);
            double ratio = change / before;
            // The first v is no iterate yet: two changes are needed before a ratio means anything.
            if (step > 1 && (change == 0 || (ratio < 1 && change * ratio / (1 - ratio) <= tolerance && change <= Math.Sqrt(tolerance)))) break;
            before = change;
        }
        return sigma;
    }

    private static double Length(ReadOnlySpan<double> x)
    {
        double square = 0;
        foreach (double value in x) square += value * value;
        return Math.Sqrt(square);
    }
}
