namespace NativeFlow.Layers;

/// <summary>Five arms: a normal (1 + 0.3 e, 0.1 f), turned by its arm's angle and by 0.25 exp(distance from the origin), and doubled.</summary>
/// <remarks>The usual pinwheel turns by its first coordinate; turning by the distance looks the same, keeps areas, and so has a density in closed form.</remarks>
public sealed class Pinwheel : IToyDensity
{
    private const int Arms = 5;
    private const double Radial = 0.3, Tangential = 0.1, Rate = 0.25, Scale = 2;

    /// <inheritdoc/>
    public string Name => "pinwheel";

    /// <inheritdoc/>
    public double Entropy => 2.3205884851;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        x /= Scale;
        y /= Scale;
        double twist = Rate * Math.Exp(Math.Sqrt(x * x + y * y));
        if (double.IsInfinity(twist)) return double.NegativeInfinity;
        Span<double> exponents = stackalloc double[Arms];
        for (int k = 0; k < Arms; k++)
        {
            (double sin, double cos) = Math.SinCos(2 * Math.PI * k / Arms + twist);
            double e = (cos * x + sin * y - 1) / Radial, f = (cos * y - sin * x) / Tangential;
            exponents[k] = -0.5 * (e * e + f * f);
        }

        return ToyMath.LogSumExp(exponents) - Math.Log(Arms * 2 * Math.PI * Radial * Tangential * Scale * Scale);
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        double a = 1 + Radial * e, b = Tangential * f;
        (double sin, double cos) = Math.SinCos(2 * Math.PI * (int)(Arms * u) / Arms + Rate * Math.Exp(Math.Sqrt(a * a + b * b)));
        return (Scale * (cos * a - sin * b), Scale * (sin * a + cos * b));
    }
}
