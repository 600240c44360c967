using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Tables of points in other coordinates: the Poincare ball of radius R and the ambient hyperboloid, time first. Rows are points.</summary>
public static class PointViews
{
    /// <summary>Spatial [B x n] to the ball: p = R xs / (R + x0), |p| below R.</summary>
    public static double[] ToPoincare(ReadOnlySpan<double> points, int dimension, double radius)
    {
        int rows = Rows(points, dimension, radius);
        var result = new double[points.Length];
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<double> xs = points.Slice(r * dimension, dimension);
            double factor = radius / (radius + HyperbolicPoints.Time(xs, radius));
            for (int i = 0; i < dimension; i++) result[r * dimension + i] = factor * xs[i];
        }

        return result;
    }

    /// <summary>The ball [B x n] to spatial: xs = 2 R^2 p / (R^2 - |p|^2).</summary>
    /// <exception cref="BadInputException">A point is not inside the ball; the message names its row, from 1.</exception>
    public static double[] FromPoincare(ReadOnlySpan<double> points, int dimension, double radius)
    {
        int rows = Rows(points, dimension, radius);
        var result = new double[points.Length];
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<double> p = points.Slice(r * dimension, dimension);
            double length = Math.Sqrt(HyperbolicPoints.Dot(p, p));
            if (!(length < radius)) throw new BadInputException($"row {r + 1}: the point lies at {length} from the centre of the disk of radius {radius}; expected inside, |p| < R; check the coordinates and the radius.");
            double factor = 2 * radius * radius / ((radius - length) * (radius + length));
            for (int i = 0; i < dimension; i++) result[r * dimension + i] = factor * p[i];
        }

        return result;
    }

    /// <summary>Spatial [B x n] to ambient [B x (n + 1)]: (x0, xs).</summary>
    public static double[] ToAmbient(ReadOnlySpan<double> points, int dimension, double radius)
    {
        int rows = Rows(points, dimension, radius);
        var result = new double[rows * (dimension + 1)];
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<double> xs = points.Slice(r * dimension, dimension);
            result[r * (dimension + 1)] = HyperbolicPoints.Time(xs, radius);
            xs.CopyTo(result.AsSpan(r * (dimension + 1) + 1));
        }

        return result;
    }

    /// <summary>Ambient [B x (n + 1)] to spatial: the first column is checked and left out.</summary>
    /// <param name="points">(x0, xs) a row.</param>
    /// <param name="dimension">n.</param>
    /// <param name="radius">R.</param>
    /// <param name="tolerance">Largest |x0 - sqrt(R^2 + |xs|^2)| as a share of the latter.</param>
    /// <exception cref="BadInputException">A point lies off the hyperboloid; the message names its row, from 1, and by how much.</exception>
    public static double[] FromAmbient(ReadOnlySpan<double> points, int dimension, double radius, double tolerance = 1e-6)
    {
        int rows = Rows(points, dimension + 1, radius);
        var result = new double[rows * dimension];
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<double> xs = points.Slice(r * (dimension + 1) + 1, dimension);
            double given = points[r * (dimension + 1)], time = HyperbolicPoints.Time(xs, radius), defect = Math.Abs(given - time) / time;
            if (!(defect <= tolerance)) throw new BadInputException($"row {r + 1}: the point is off the hyperboloid of radius {radius}: x0 is {given}, sqrt(R^2 + |xs|^2) is {time} (off by {defect:G3} of it); expected equal up to {tolerance:G3}; check the radius and that time comes first.");
            xs.CopyTo(result.AsSpan(r * dimension));
        }

        return result;
    }

    private static int Rows(ReadOnlySpan<double> points, int columns, double radius)
    {
        HyperbolicPoints.Check(radius);
        if (columns < 1 || points.Length % columns != 0) throw new ArgumentException($"PointViews: {points.Length} numbers do not make rows of {columns}.", nameof(points));
        return points.Length / columns;
    }
}
