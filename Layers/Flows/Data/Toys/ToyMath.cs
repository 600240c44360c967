namespace NativeFlow.Layers;

/// <summary>What the toy densities share.</summary>
internal static class ToyMath
{
    // Gauss-Legendre with 8 nodes on [-1, 1].
    private static readonly double[] Nodes = [-0.9602898564975363, -0.7966664774136267, -0.525532409916329, -0.1834346424956498, 0.1834346424956498, 0.525532409916329, 0.7966664774136267, 0.9602898564975363];
    private static readonly double[] Weights = [0.10122853629037626, 0.22238103445337447, 0.31370664587788729, 0.36268378337836198, 0.36268378337836198, 0.31370664587788729, 0.22238103445337447, 0.10122853629037626];

    /// <summary>log sum exp.</summary>
    public static double LogSumExp(ReadOnlySpan<double> exponents)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double v in exponents) largest = Math.Max(largest, v);
        if (double.IsInfinity(largest)) return largest;
        foreach (double v in exponents) sum += Math.Exp(v - largest);
        return largest + Math.Log(sum);
    }

    /// <summary>Nodes t and weights (times the weight of t, so that they add up to 1) of a curve's parameter on [0, end], in panels of 8 nodes.</summary>
    public static (double[] T, double[] Weight) Panels(double end, int panels, Func<double, double> density)
    {
        double[] t = new double[8 * panels], weight = new double[8 * panels];
        double half = 0.5 * end / panels;
        for (int i = 0; i < t.Length; i++)
        {
            t[i] = half * (2 * (i / 8) + 1 + Nodes[i % 8]);
            weight[i] = half * Weights[i % 8] * density(t[i]);
        }

        return (t, weight);
    }

    /// <summary>log of the mean of N((x, y); c, variance) over weighted centres c, that is of a curve blurred by normal noise.</summary>
    public static double BlurredLogDensity(double x, double y, ReadOnlySpan<double> cx, ReadOnlySpan<double> cy, ReadOnlySpan<double> weight, double variance)
    {
        double nearest = double.PositiveInfinity, sum = 0;
        for (int i = 0; i < cx.Length; i++) nearest = Math.Min(nearest, Square(x - cx[i]) + Square(y - cy[i]));
        if (double.IsInfinity(nearest)) return double.NegativeInfinity;
        for (int i = 0; i < cx.Length; i++)
        {
            // Below exp(-45), 3e-20 of the largest, a centre adds nothing that a double can hold.
            double exponent = (nearest - Square(x - cx[i]) - Square(y - cy[i])) / (2 * variance);
            if (exponent > -45) sum += weight[i] * Math.Exp(exponent);
        }

        return Math.Log(sum) - nearest / (2 * variance) - Math.Log(2 * Math.PI * variance);
    }

    /// <summary>exp(-z) I0(z) for z of 0 or more: the power series, and from 30 on the asymptotic one. DLMF 10.25.2 and 10.40.1.</summary>
    public static double ScaledBesselI0(double z)
    {
        double term = 1, sum = 1;
        if (z < 30)
        {
            for (int k = 1; term > 1e-17 * sum; k++) sum += term *= 0.25 * z * z / ((double)k * k);
            return sum * Math.Exp(-z);
        }

        for (int k = 1; k < 30 && term > 1e-17 * sum; k++) sum += term *= (2 * k - 1.0) * (2 * k - 1.0) / (8 * k * z);
        return sum / Math.Sqrt(2 * Math.PI * z);
    }

    private static double Square(double x) => x * x;
}
