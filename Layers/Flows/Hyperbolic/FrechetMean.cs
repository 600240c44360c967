using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The point that minimises the weighted mean of squared distances to given points. On a hyperboloid there is exactly one.</summary>
/// <remarks>
/// Gradient steps x = exp_x(s sum of w log_x(x_i)) with s = 1 / sum of w (d_i/R) coth(d_i/R), a bound on the curvature of the objective, halved where a step
/// does not descend. Source: Karcher, "Riemannian center of mass and mollifier smoothing" (1977). Two points: the point of their geodesic, without iterating.
/// </remarks>
public static class FrechetMean
{
    /// <summary>Computes the mean.</summary>
    /// <param name="points">Spatial coordinates [rows x dimension].</param>
    /// <param name="dimension">n.</param>
    /// <param name="radius">R.</param>
    /// <param name="weights">One a row, not negative, not all 0; empty for equal ones.</param>
    /// <param name="tolerance">Largest length of the gradient left, over the mean distance.</param>
    /// <param name="steps">Most steps.</param>
    /// <returns>Spatial coordinates of the mean. Cost O(rows n) a step; some dozens of steps, more where distances are many R.</returns>
    /// <exception cref="NotConvergedException">The gradient is longer than asked for after the last step.</exception>
    public static double[] Of(ReadOnlySpan<double> points, int dimension, double radius, ReadOnlySpan<double> weights = default, double tolerance = 1e-10, int steps = 2000)
    {
        HyperbolicPoints.Check(radius);
        if (dimension < 1 || points.Length == 0 || points.Length % dimension != 0) throw new ArgumentException($"FrechetMean: {points.Length} numbers do not make rows of {dimension}; expected at least one row.", nameof(points));
        int rows = points.Length / dimension;
        double[] w = Weights(weights, rows);
        var mean = new double[dimension];
        if (rows == 2)
        {
            HyperbolicPoints.Geodesic(points[..dimension], points[dimension..], w[1], radius, mean);
            return mean;
        }

        Start(points, w, radius, mean);
        double[] gradient = new double[dimension], log = new double[dimension], next = new double[dimension];
        (double value, double spread, double bend) = Look(points, w, radius, mean, gradient, log);
        double step = 1 / bend, left = Length(gradient);
        for (int k = 0; k < steps; k++)
        {
            if (left <= tolerance * spread) return mean;
            for (int i = 0; i < dimension; i++) next[i] = step * gradient[i];
            HyperbolicPoints.Exp(mean, next, radius, next);
            (double newValue, double newSpread, double newBend) = Look(points, w, radius, next, gradient, log);
            double newLeft = Length(gradient);
            // Near the minimum the values differ by rounding alone; the gradient then decides.
            if (newValue < value || newLeft < left)
            {
                (mean, next) = (next, mean);
                (value, spread, left, step) = (newValue, newSpread, newLeft, 1 / newBend);
            }
            else
            {
                step *= 0.5;
                Look(points, w, radius, mean, gradient, log);
            }
        }

        if (left <= tolerance * spread) return mean;
        throw new NotConvergedException($"FrechetMean: the gradient is {left:G3} after {steps} steps over {rows} points at a mean distance of {spread:G3}; expected at most {tolerance:G3} of that; allow more steps or a larger tolerance.");
    }

    private static double[] Weights(ReadOnlySpan<double> weights, int rows)
    {
        var w = new double[rows];
        if (weights.IsEmpty) Array.Fill(w, 1.0 / rows);
        else if (weights.Length != rows) throw new ArgumentException($"FrechetMean: {weights.Length} weights for {rows} rows; expected one a row.", nameof(weights));
        else weights.CopyTo(w);
        double sum = 0;
        for (int i = 0; i < rows; i++)
        {
            if (!(w[i] >= 0) || !double.IsFinite(w[i])) throw new ArgumentException($"FrechetMean: weight {i} is {w[i]}; expected a number of 0 or more.", nameof(weights));
            sum += w[i];
        }

        if (!(sum > 0) || !double.IsFinite(sum)) throw new ArgumentException($"FrechetMean: the weights sum to {sum}; expected a number above 0.", nameof(weights));
        for (int i = 0; i < rows; i++) w[i] /= sum;
        return w;
    }

    // The weighted mean in the ambient space, scaled back to the hyperboloid.
    private static void Start(ReadOnlySpan<double> points, double[] w, double radius, Span<double> mean)
    {
        int n = mean.Length;
        double time = 0;
        for (int r = 0; r < w.Length; r++)
        {
            ReadOnlySpan<double> xs = points.Slice(r * n, n);
            time += w[r] * HyperbolicPoints.Time(xs, radius);
            for (int i = 0; i < n; i++) mean[i] += w[r] * xs[i];
        }

        double square = time * time - HyperbolicPoints.Dot(mean, mean);
        double factor = square > 0 ? radius / Math.Sqrt(square) : 1;
        for (int i = 0; i < n; i++) mean[i] *= factor;
    }

    // Half the mean squared distance, the mean distance, the bound of the second derivative; the downward gradient.
    private static (double Value, double Spread, double Bend) Look(ReadOnlySpan<double> points, double[] w, double radius, ReadOnlySpan<double> x, Span<double> gradient, Span<double> log)
    {
        int n = x.Length;
        gradient.Clear();
        double value = 0, spread = 0, bend = 0;
        for (int r = 0; r < w.Length; r++)
        {
            HyperbolicPoints.Log(x, points.Slice(r * n, n), radius, log);
            double d = Length(log), q = d / radius;
            for (int i = 0; i < n; i++) gradient[i] += w[r] * log[i];
            value += 0.5 * w[r] * d * d;
            spread += w[r] * d;
            bend += w[r] * (q < 1e-4 ? 1 : q / Math.Tanh(q));
        }

        return (value, spread, bend);
    }

    private static double Length(ReadOnlySpan<double> v) => Math.Sqrt(HyperbolicPoints.Dot(v, v));
}
