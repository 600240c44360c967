namespace NativeFlow.Layers;

/// <summary>Two half circles (cos t, sin t) and (1 - cos t, 1/2 - sin t), t uniform in [0, pi], blurred by normal noise of deviation 0.1. The density is an integral along the arcs.</summary>
public sealed class TwoMoons : IToyDensity
{
    private const double Variance = 0.01;

    // 40 panels of length 0.08, where eight nodes integrate the noise to 1e-13.
    private static readonly (double[] X, double[] Y, double[] Weight) Curve = MakeCurve();

    /// <inheritdoc/>
    public string Name => "two-moons";

    /// <inheritdoc/>
    public double Entropy => 1.0075848348;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the plane, error below 1e-8";

    /// <inheritdoc/>
    public double LogDensity(double x, double y) => ToyMath.BlurredLogDensity(x, y, Curve.X, Curve.Y, Curve.Weight, Variance);

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f)
    {
        (double sin, double cos) = Math.SinCos(Math.PI * v);
        double deviation = Math.Sqrt(Variance);
        return u < 0.5 ? (cos + deviation * e, sin + deviation * f) : (1 - cos + deviation * e, 0.5 - sin + deviation * f);
    }

    private static (double[], double[], double[]) MakeCurve()
    {
        (double[] t, double[] w) = ToyMath.Panels(Math.PI, 40, _ => 1 / Math.PI);
        int n = t.Length;
        double[] x = new double[2 * n], y = new double[2 * n], weight = new double[2 * n];
        for (int i = 0; i < n; i++)
        {
            (y[i], x[i]) = Math.SinCos(t[i]);
            (x[n + i], y[n + i]) = (1 - x[i], 0.5 - y[i]);
            weight[i] = weight[n + i] = 0.5 * w[i];
        }

        return (x, y, weight);
    }
}
