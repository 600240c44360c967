namespace NativeFlow.Layers;

/// <summary>Five equal normals of deviation 0.5 at the origin and at distance 3 along the axes, in tangent coordinates of the hyperbolic plane at its origin.</summary>
/// <remarks>Source: Lou et al. 2020, Neural manifold ordinary differential equations: their five Gaussians, drawn in the tangent plane and carried over by the exponential map.</remarks>
public sealed class HyperbolicFiveGaussians : IToyDensity
{
    private const double Distance = 3, Deviation = 0.5;

    /// <inheritdoc/>
    public string Name => "hyperbolic-five-gaussians";

    /// <inheritdoc/>
    public double Entropy => 3.0548381813;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        Span<double> exponents = stackalloc double[5];
        for (int k = 0; k < 5; k++)
        {
            (double cx, double cy) = Centre(k);
            exponents[k] = -((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * Deviation * Deviation);
        }

        return ToyMath.LogSumExp(exponents) - Math.Log(5 * 2 * Math.PI * Deviation * Deviation);
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        (double cx, double cy) = Centre((int)(5 * u));
        return (cx + Deviation * e, cy + Deviation * f);
    }

    private static (double X, double Y) Centre(int k) => k switch
    {
        0 => (0, 0),
        1 => (Distance, 0),
        2 => (-Distance, 0),
        3 => (0, Distance),
        _ => (0, -Distance),
    };
}
