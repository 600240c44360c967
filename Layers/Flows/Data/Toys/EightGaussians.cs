namespace NativeFlow.Layers;

/// <summary>Eight equal normals with standard deviation sqrt(1/8) on a circle of radius sqrt 8.</summary>
public sealed class EightGaussians : IToyDensity
{
    private const double Radius = 2.8284271247461903, Variance = 0.125;

    /// <inheritdoc/>
    public string Name => "eight-gaussians";

    /// <inheritdoc/>
    public double Entropy => 2.8315783605264673;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        Span<double> exponents = stackalloc double[8];
        for (int k = 0; k < 8; k++)
        {
            double dx = x - Radius * Math.Cos(k * Math.PI / 4), dy = y - Radius * Math.Sin(k * Math.PI / 4);
            exponents[k] = -(dx * dx + dy * dy) / (2 * Variance);
        }

        return ToyMath.LogSumExp(exponents) - Math.Log(8 * 2 * Math.PI * Variance);
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        double angle = (int)(8 * u) * Math.PI / 4, deviation = Math.Sqrt(Variance);
        return (Radius * Math.Cos(angle) + deviation * e, Radius * Math.Sin(angle) + deviation * f);
    }
}
