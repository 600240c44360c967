namespace NativeFlow.Cli.Compare;

/// <summary>y = exp(Intercept) x^Exponent, by least squares on the logarithms.</summary>
internal readonly record struct PowerLaw(double Exponent, double Intercept)
{
    /// <summary>The line through all points; null for fewer than two different x.</summary>
    /// <exception cref="ArgumentException">A coordinate is not positive.</exception>
    public static PowerLaw? Fit(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Any(p => !(p.X > 0) || !(p.Y > 0))) throw new ArgumentException("PowerLaw: every coordinate must be positive.", nameof(points));
        if (points.Select(p => p.X).Distinct().Count() < 2) return null;
        double meanX = points.Average(p => Math.Log(p.X)), meanY = points.Average(p => Math.Log(p.Y));
        double square = points.Sum(p => (Math.Log(p.X) - meanX) * (Math.Log(p.X) - meanX));
        double product = points.Sum(p => (Math.Log(p.X) - meanX) * (Math.Log(p.Y) - meanY));
        return new PowerLaw(product / square, meanY - product / square * meanX);
    }

    /// <summary>Exponent between two points.</summary>
    public static double Local((double X, double Y) a, (double X, double Y) b) => Math.Log(b.Y / a.Y) / Math.Log(b.X / a.X);

    public double At(double x) => Math.Exp(Intercept + Exponent * Math.Log(x));
}
