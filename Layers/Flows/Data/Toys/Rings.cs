namespace NativeFlow.Layers;

/// <summary>Four equal circles of radius 0.75, 1.5, 2.25 and 3, blurred by normal noise of deviation 0.08. The density is a sum of Bessel functions.</summary>
public sealed class Rings : IToyDensity
{
    private const double Spacing = 0.75, Variance = 0.0064;

    /// <inheritdoc/>
    public string Name => "rings";

    /// <inheritdoc/>
    public double Entropy => 2.6231827703;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        double r = Math.Sqrt(x * x + y * y);
        Span<double> exponents = stackalloc double[4];
        for (int k = 0; k < 4; k++)
        {
            // exp(-(r^2 + R^2)/2s) I0(r R/s) = exp(-(r - R)^2/2s) (exp(-z) I0(z)).
            double radius = Spacing * (k + 1), d = r - radius;
            exponents[k] = -d * d / (2 * Variance) + Math.Log(ToyMath.ScaledBesselI0(r * radius / Variance));
        }

        return ToyMath.LogSumExp(exponents) - Math.Log(4 * 2 * Math.PI * Variance);
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        double radius = Spacing * (1 + (int)(4 * u)), deviation = Math.Sqrt(Variance);
        return (radius * Math.Cos(2 * Math.PI * v) + deviation * e, radius * Math.Sin(2 * Math.PI * v) + deviation * f);
    }
}
