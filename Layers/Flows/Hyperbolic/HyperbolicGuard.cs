using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What must hold of radii, curvatures and points; one clear line each.</summary>
public static class HyperbolicGuard
{
    /// <summary>Checks a radius.</summary>
    /// <exception cref="ArgumentException">Not above 0 or not finite.</exception>
    public static double Radius(double radius)
        => radius > 0 && double.IsFinite(radius) ? radius : throw new ArgumentException($"radius is {radius}; expected a finite number above 0 (the curvature is -1/radius^2).");

    /// <summary>The radius 1/sqrt(-K) of a curvature K.</summary>
    /// <exception cref="BadInputException">K is not below 0.</exception>
    public static double RadiusOf(double curvature)
        => curvature < 0 && double.IsFinite(curvature) ? 1 / Math.Sqrt(-curvature)
            : throw new BadInputException($"curvature is {curvature}; hyperbolic space needs a finite number below 0, such as -1; for flat space leave the hyperbolic space out and take the Euclidean model.");

    /// <summary>Checks that ambient points, time first, lie on the upper sheet of &lt;x, x&gt; = -R^2, to a tolerance relative to the squares that make it up.</summary>
    /// <param name="points">Row after row.</param>
    /// <param name="columns">n + 1.</param>
    /// <param name="radius">R.</param>
    /// <param name="tolerance">Allowed defect |&lt;x, x&gt; + R^2| / (R^2 + x0^2).</param>
    /// <exception cref="ArgumentException">The numbers are no whole rows, or there are fewer than two columns.</exception>
    /// <exception cref="BadInputException">A point is off; the message names its row and its defect.</exception>
    public static void OnManifold(ReadOnlySpan<double> points, int columns, double radius, double tolerance = 1e-6)
    {
        if (columns < 2 || points.Length % columns != 0) throw new ArgumentException($"{points.Length} numbers are no rows of {columns} ambient coordinates; expected whole rows of at least 2 (time first).");
        Radius(radius);
        for (int row = 0; row * columns < points.Length; row++)
        {
            ReadOnlySpan<double> x = points.Slice(row * columns, columns);
            double spatial = 0;
            foreach (double v in x[1..]) spatial += v * v;
            double defect = radius * radius + spatial - (x[0] * x[0]);
            if (x[0] > 0 && Math.Abs(defect) <= tolerance * ((radius * radius) + (x[0] * x[0]))) continue;
            throw new BadInputException(x[0] > 0 || double.IsNaN(x[0])
                ? $"row {row + 1} is off the hyperboloid of radius {radius}: R^2 + |xs|^2 - x0^2 is {defect:0.###e+0}, expected 0; give the spatial part alone, x0 follows from it."
                : $"row {row + 1} is off the hyperboloid of radius {radius}: x0 is {x[0]:0.###}, expected above 0 (the upper sheet, time first).");
        }
    }
}
