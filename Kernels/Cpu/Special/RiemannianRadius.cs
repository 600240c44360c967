namespace NativeFlow.Kernels;

/// <summary>The law of the distance from its centre of a Riemannian normal in hyperbolic space: density f(t) = t^(n-1) exp(-t^2/2 + (n-1) L(s t)) / exp(G), L(r) = log(sinh r / r), with distance and radius of curvature in units of sigma: t = d/sigma, s = sigma/R.</summary>
/// <remarks>
/// The closed form of G is an alternating sum of n terms up to exp((n-1)^2 s^2/2), which for small s cancel to s^(n-1): no digit is left for s = 1e-3 and n = 7.
/// -log f has a second derivative of 1 or more, so that all mass lies within 9 of the mode; panels of 8 Gauss-Legendre nodes there integrate it to rounding, for every n and s.
/// </remarks>
public sealed class RiemannianRadius
{
    private const double Reach = 9, Width = 0.5;
    private const int Nodes = 8;
    private static readonly (double[] At, double[] Weight) Rule = GaussLegendre.OnUnit(Nodes);

    private readonly int _dimension;
    private readonly double _scale, _start, _peak;
    private readonly double[] _upTo;

    /// <summary>Prepares draws: 36 panels of 8 evaluations.</summary>
    /// <param name="dimension">n, at least 1.</param>
    /// <param name="scale">s = sigma/R, above 0.</param>
    public RiemannianRadius(int dimension, double scale)
    {
        (_dimension, _scale) = (dimension, scale);
        double mode = Mode(dimension, scale);
        (_start, double end) = Window(mode);
        _peak = LogWeight(dimension, scale, mode);
        int panels = Panels(_start, end);
        Step = (end - _start) / panels;
        _upTo = new double[panels + 1];
        for (int k = 0; k < panels; k++) _upTo[k + 1] = _upTo[k] + Mass(_start + k * Step, _start + (k + 1) * Step);
    }

    private double Step { get; }

    /// <summary>G(s): log of the integral of t^(n-1) exp(-t^2/2 + (n-1) L(s t)) over t from 0, and its derivative in log s. Error near 1e-15 of the larger of 1 and G.</summary>
    public static (double Value, double Slope) LogNormalizer(int dimension, double scale)
    {
        double mode = Mode(dimension, scale), peak = LogWeight(dimension, scale, mode), sum = 0, slope = 0;
        (double start, double end) = Window(mode);
        int panels = Panels(start, end);
        double step = (end - start) / panels;
        for (int k = 0; k < panels; k++)
            for (int j = 0; j < Nodes; j++)
            {
                double t = start + (k + Rule.At[j]) * step, weight = Rule.Weight[j] * Math.Exp(LogWeight(dimension, scale, t) - peak);
                sum += weight;
                slope += weight * Stretch(scale * t);
            }

        return (peak + Math.Log(sum * step), (dimension - 1) * slope / sum);
    }

    /// <summary>The distance t (in units of sigma) below which a share <paramref name="u"/> in (0, 1) of the mass lies: at most 60 steps, each Newton's or a halving.</summary>
    public double Quantile(double u)
    {
        double wanted = u * _upTo[^1];
        int panel = Array.BinarySearch(_upTo, wanted);
        panel = Math.Clamp(panel < 0 ? ~panel - 1 : panel, 0, _upTo.Length - 2);
        double left = _start + panel * Step, low = left, high = left + Step;
        double t = low + Step * (wanted - _upTo[panel]) / (_upTo[panel + 1] - _upTo[panel]);
        for (int i = 0; i < 60 && high - low > 1e-15 * high; i++)
        {
            double missing = wanted - _upTo[panel] - Mass(left, t);
            if (missing > 0) low = t;
            else high = t;
            double next = t + missing / Math.Exp(LogWeight(_dimension, _scale, t) - _peak);
            if (next == t) return t;
            bool isNewton = next > low && next < high;
            if (!isNewton) next = 0.5 * (low + high);
            double moved = Math.Abs(next - t);
            t = next;
            // The error after a step of Newton's is about (n - 1)/t times its square: below rounding here.
            if (moved <= (isNewton ? 1e-9 : 1e-15) * t) break;
        }

        return t;
    }

    /// <summary>log(sinh r / r) for r of 0 or more.</summary>
    public static double LogSinhRatio(double r) => RadialFunctions.LogSinhRatio(r * r);

    private double Mass(double from, double to)
    {
        double sum = 0;
        for (int j = 0; j < Nodes; j++) sum += Rule.Weight[j] * Math.Exp(LogWeight(_dimension, _scale, from + Rule.At[j] * (to - from)) - _peak);
        return sum * (to - from);
    }

    private static double LogWeight(int dimension, double scale, double t)
        => dimension == 1 ? -0.5 * t * t : (dimension - 1) * (Math.Log(t) + LogSinhRatio(scale * t)) - 0.5 * t * t;

    // r coth r - 1, the derivative of L in log r.
    private static double Stretch(double r) => 2 * r * r * RadialFunctions.LogSinhRatioDerivative(r * r);

    // Where t = (n-1) s coth(s t), which lies between sqrt(n-1) and the larger root of t^2 = (n-1)(1 + s t). It only places the window: six digits do.
    private static double Mode(int dimension, double scale)
    {
        double n = dimension - 1, low = Math.Sqrt(n), high = 0.5 * (n * scale + Math.Sqrt(n * scale * n * scale + 4 * n));
        for (int i = 0; i < 40 && high - low > 1e-6 * high; i++)
        {
            double t = 0.5 * (low + high);
            if (t * t < n * (1 + Stretch(scale * t))) low = t;
            else high = t;
        }

        return 0.5 * (low + high);
    }

    private static (double Start, double End) Window(double mode) => (Math.Max(0, mode - Reach), mode + Reach);

    private static int Panels(double start, double end) => (int)Math.Ceiling((end - start) / Width);
}
