namespace NativeFlow.Layers;

/// <summary>Two arms (-t cos t, t sin t)/3 and its opposite, t in [0, 3 pi] with density 2 t/(3 pi)^2, blurred by normal noise of deviation 0.1. The density is an integral along the arms.</summary>
public sealed class Spirals : IToyDensity
{
    private const double End = 3 * Math.PI, Variance = 0.01;

    // 200 panels: at most 0.16 long on the curve, where eight nodes integrate the noise to 1e-11.
    private static readonly (double[] X, double[] Y, double[] Weight) Curve = MakeCurve();

    /// <inheritdoc/>
    public string Name => "spirals";

    /// <inheritdoc/>
    public double Entropy => 2.5406178944;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y) => ToyMath.BlurredLogDensity(x, y, Curve.X, Curve.Y, Curve.Weight, Variance);

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        double t = End * Math.Sqrt(v), sign = u < 0.5 ? 1 : -1, deviation = Math.Sqrt(Variance);
        return (sign * -t * Math.Cos(t) / 3 + deviation * e, sign * t * Math.Sin(t) / 3 + deviation * f);
    }

    private static (double[], double[], double[]) MakeCurve()
    {
        (double[] t, double[] w) = ToyMath.Panels(End, 200, t => 2 * t / (End * End));
        int n = t.Length;
        double[] x = new double[2 * n], y = new double[2 * n], weight = new double[2 * n];
        for (int i = 0; i < n; i++)
        {
            x[i] = -t[i] * Math.Cos(t[i]) / 3;
            y[i] = t[i] * Math.Sin(t[i]) / 3;
            (x[n + i], y[n + i]) = (-x[i], -y[i]);
            weight[i] = weight[n + i] = 0.5 * w[i];
        }

        return (x, y, weight);
    }
}
