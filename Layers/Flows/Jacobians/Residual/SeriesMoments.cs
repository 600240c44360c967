using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Mean and variance, by formula, of log-determinants estimated by the power series: given n terms the estimate is e^T M_n e with M_n = sum_{k to n} w_k (-1)^(k+1) / k J^k.</summary>
internal static class SeriesMoments
{
    // Beyond these many terms the sum of a variance is given up.
    private const int MostTerms = 10_000;

    /// <summary>log|det(I + J)| by LU.</summary>
    public static double LogDet(ReadOnlySpan<double> jacobian, int d)
    {
        double[] a = jacobian.ToArray();
        for (int i = 0; i < d; i++) a[(i * d) + i] += 1;
        return DenseJacobian.LogAbsDet(a, d);
    }

    /// <summary>Mean tr M_n, variance that of the probes. 2 n D^3 flops.</summary>
    public static EstimatorMoments Truncated(ReadOnlySpan<double> jacobian, int d, int terms, ProbeSettings probes)
    {
        double[] power = jacobian.ToArray(), next = new double[d * d], m = new double[d * d];
        for (int k = 1; k <= terms; k++)
        {
            if (k > 1)
            {
                Product(power, jacobian, next, d, 1);
                (power, next) = (next, power);
            }
            VectorOps.AddScaled(Coefficient(k), power, m);
        }
        return new EstimatorMoments(Trace(m, d), VarianceOf(probes, m, d));
    }

    /// <summary>
    /// Mean log|det(I + J)|, NaN where the series diverges. Variance E_N[Var_e] + Var_N(tr M_N), one N for all probes. It is finite exactly where the spectral radius of J, squared, is
    /// below 1 - p (tr J^k and |J^k| grow like its powers), or J is nilpotent; at equality the value's may still exist, its gradient's does not, and infinite is reported. NaN too close to the edge to be summed.
    /// </summary>
    public static EstimatorMoments Roulette(ReadOnlySpan<double> jacobian, int d, in RussianRoulette roulette, ProbeSettings probes)
    {
        double radius = SpectralRadius.Of(jacobian, d);
        double mean = radius < 1 ? LogDet(jacobian, d) : double.NaN;
        double go = 1 - roulette.Stop;
        bool poisson = roulette.Distribution == RouletteDistribution.Poisson;
        if (poisson ? radius > 0 : !(radius * radius < go)) return new EstimatorMoments(mean, double.IsNaN(radius) ? double.NaN : double.PositiveInfinity);
        if (probes.Sketch > 0 && probes.Sketch < d) return new EstimatorMoments(mean, double.NaN);
        return new EstimatorMoments(mean, poisson ? OfFinite(jacobian, d, roulette, probes, mean) : OfGeometric(jacobian, d, roulette, probes, mean, radius * radius / go));
    }

    // Y_n = sqrt(P(N = n)) M_n and C_n = J^n / sqrt(1 - p)^(n - exact) stay in range where P and M do not: the variance is the sum over n of Var_e(Y_n) + (tr Y_n - sqrt(P(N = n)) mean)^2.
    private static double OfGeometric(ReadOnlySpan<double> jacobian, int d, in RussianRoulette roulette, ProbeSettings probes, double mean, double ratio)
    {
        double root = Math.Sqrt(1 - roulette.Stop), chance = Math.Sqrt(roulette.Stop), sum = 0;
        double[] c = new double[d * d], next = new double[d * d], y = new double[d * d];
        for (int i = 0; i < d; i++) c[(i * d) + i] = 1;
        for (int n = 0; n < MostTerms; n++)
        {
            if (n > 0)
            {
                bool further = n > roulette.Exact;
                Product(c, jacobian, next, d, further ? 1 / root : 1);
                (c, next) = (next, c);
                if (further) VectorOps.Scale(root, y, y);
                VectorOps.AddScaled(Math.Sqrt(roulette.Stop) * Coefficient(n), c, y);
                if (further) chance *= root;
            }
            if (n < roulette.Exact) continue;
            double off = Trace(y, d) - (chance * mean);
            sum += VarianceOf(probes, y, d) + (off * off);
            // What a sum of squares of these norms can still add, with the ratio of its terms.
            double left = ((2 + d) * (VectorOps.SumSquares<double>(y) + VectorOps.SumSquares<double>(c))) + (chance * chance * mean * mean);
            if (left <= 1e-13 * Math.Min(1 - ratio, roulette.Stop) * sum || left < 1e-300) return sum;
        }
        return double.NaN;
    }

    // A nilpotent J: M_n stays what it is from n = D on.
    private static double OfFinite(ReadOnlySpan<double> jacobian, int d, in RussianRoulette roulette, ProbeSettings probes, double mean)
    {
        double[] power = jacobian.ToArray(), next = new double[d * d], m = new double[d * d];
        double sum = 0;
        for (int n = 0; n < roulette.Exact + d; n++)
        {
            if (n > 0)
            {
                if (n > 1)
                {
                    Product(power, jacobian, next, d, 1);
                    (power, next) = (next, power);
                }
                // Beyond D the weights may overflow, and 0 times them is no number.
                if (VectorOps.MaxAbs<double>(power) != 0) VectorOps.AddScaled(Coefficient(n) * roulette.Weight(n), power, m);
            }
            if (n < roulette.Exact) continue;
            double chance = n == roulette.Exact + d - 1 ? roulette.Reach(n) : roulette.Reach(n) - roulette.Reach(n + 1), off = Trace(m, d) - mean;
            sum += chance * (VarianceOf(probes, m, d) + (off * off));
        }
        return sum;
    }

    private static double VarianceOf(ProbeSettings probes, double[] m, int d)
        => probes.Sketch == 0 ? HutchinsonTrace.VarianceOf(probes.Kind, probes.Count, m, d) : probes.Sketch >= d ? 0 : double.NaN;

    private static double Coefficient(int k) => (k % 2 == 1 ? 1.0 : -1.0) / k;

    private static double Trace(double[] m, int d)
    {
        double sum = 0;
        for (int i = 0; i < d; i++) sum += m[(i * d) + i];
        return sum;
    }

    internal static void Product(ReadOnlySpan<double> a, ReadOnlySpan<double> b, Span<double> destination, int d, double scale)
    {
        destination.Clear();
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++)
                VectorOps.AddScaled(scale * a[(i * d) + j], b.Slice(j * d, d), destination.Slice(i * d, d));
    }
}
