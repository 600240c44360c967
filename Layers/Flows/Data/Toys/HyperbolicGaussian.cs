using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A wrapped normal in the hyperbolic plane of radius 1, in tangent coordinates at the origin: location (-1, 1), deviations 1 and 0.25.</summary>
public sealed class HyperbolicGaussian : IToyDensity
{
    private const double DeviationX = 1, DeviationY = 0.25;

    // Beyond, sinh is no number; the density there is below exp(-40000).
    private const double Reach = 300;

    // Spatial coordinates of the location.
    private static readonly double[] Location = MakeLocation();

    /// <inheritdoc/>
    public string Name => "hyperbolic-gaussian";

    /// <inheritdoc/>
    public double Entropy => 1.1276426694933;

    /// <inheritdoc/>
    public string EntropySource => "trapezoidal rule in the tangent plane at the location, error below 1e-12";

    /// <inheritdoc/>
    public double LogDensity(double x, double y)
    {
        double r = Math.Sqrt(x * x + y * y);
        if (!(r < Reach)) return double.NegativeInfinity;
        (double vx, double vy) = Translate(x, y, back: true);
        double ex = vx / DeviationX, ey = vy / DeviationY;
        double volume = RiemannianRadius.LogSinhRatio(r) - RiemannianRadius.LogSinhRatio(Math.Sqrt(vx * vx + vy * vy));
        return -0.5 * (ex * ex + ey * ey) - Math.Log(2 * Math.PI * DeviationX * DeviationY) + volume;
    }

    /// <inheritdoc/>
    public (double X, double Y) Point(double u, double v, double e, double f) => Translate(DeviationX * e, DeviationY * f, back: false);

    private static (double X, double Y) Translate(double x, double y, bool back)
    {
        Span<double> from = stackalloc double[2], to = stackalloc double[2];
        (to[0], to[1]) = (x, y);
        HyperbolicPoints.Exp0(to, 1, from);
        HyperbolicPoints.Translate(Location, from, 1, to, back);
        HyperbolicPoints.Log0(to, 1, from);
        return (from[0], from[1]);
    }

    private static double[] MakeLocation()
    {
        var xs = new double[2];
        HyperbolicPoints.Exp0([-1, 1], 1, xs);
        return xs;
    }
}
