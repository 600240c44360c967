using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The normaliser of the Riemannian normal against closed forms, and its samples against the law of their distance.</summary>
public sealed class RiemannianNormalTests
{
    /// <summary>The alternating sum, where it keeps its digits.</summary>
    [Theory]
    [InlineData(1, 0.7)]
    [InlineData(2, 0.5)]
    [InlineData(2, 3)]
    [InlineData(3, 0.8)]
    [InlineData(3, 2)]
    [InlineData(5, 1.5)]
    [InlineData(8, 2)]
    public void TheNormaliserIsTheClosedForm(int n, double s)
    {
        // int exp(-t^2/2) (sinh(s t)/s)^(n-1) dt, the power multiplied out.
        double sum = 0, binomial = 1;
        for (int k = 0; k < n; k++)
        {
            double m = (n - 1 - 2 * k) * s;
            sum += (k % 2 == 0 ? 1 : -1) * binomial * Math.Exp(0.5 * m * m) * (1 + SpecialFunctions.Erf(m / Math.Sqrt(2)));
            binomial = binomial * (n - 1 - k) / (k + 1);
        }

        double expected = 0.5 * Math.Log(0.5 * Math.PI) - (n - 1) * Math.Log(2 * s) + Math.Log(sum);
        Assert.Equal(expected, RiemannianRadius.LogNormalizer(n, s).Value, 1e-12 * Math.Max(1, Math.Abs(expected)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(41)]
    public void InFlatSpaceItIsThatOfTheChiLaw(int n)
    {
        double flat = (0.5 * n - 1) * Math.Log(2) + SpecialFunctions.LogGamma(0.5 * n);
        Assert.Equal(flat, RiemannianRadius.LogNormalizer(n, 1e-9).Value, 1e-13 * Math.Max(1, Math.Abs(flat)));
        // E[t^2] = n there: the next order of the curvature is (n - 1) n s^2/6, of which the closed form keeps nothing.
        double curved = RiemannianRadius.LogNormalizer(n, 1e-3).Value - flat, expected = (n - 1) * n * 1e-6 / 6;
        Assert.Equal(expected, curved, 1e-3 * expected);
    }

    [Theory]
    [InlineData(2, 0.01)]
    [InlineData(3, 1)]
    [InlineData(6, 4)]
    [InlineData(41, 100)]
    public void ItsSlopeIsThatOfDifferences(int n, double s)
    {
        double Value(double logS) => RiemannianRadius.LogNormalizer(n, Math.Exp(logS)).Value;
        double x = Math.Log(s), h = 1e-3, slope = (8 * (Value(x + h) - Value(x - h)) - (Value(x + 2 * h) - Value(x - 2 * h))) / (12 * h);
        double found = RiemannianRadius.LogNormalizer(n, s).Slope;
        Assert.Equal(slope, found, 1e-8 * Math.Max(1, Math.Abs(found)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1e-3)]
    [InlineData(3, 1)]
    [InlineData(8, 5)]
    [InlineData(41, 100)]
    public void QuantilesInvertTheDistribution(int n, double s)
    {
        var law = new RiemannianRadius(n, s);
        double logZ = RiemannianRadius.LogNormalizer(n, s).Value, before = 0;
        foreach (double u in (double[])[1e-12, 1e-3, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999, 1 - 1e-12])
        {
            double t = law.Quantile(u), low = Math.Max(0, t - 20);
            Assert.True(t > before);
            before = t;
            // Simpson's rule on what lies below.
            const int Steps = 20_000;
            double h = (t - low) / Steps, sum = 0;
            for (int i = 0; i <= Steps; i++)
            {
                double x = low + i * h, log = x > 0 ? (n - 1) * (Math.Log(x) + RiemannianRadius.LogSinhRatio(s * x)) - 0.5 * x * x - logZ : n == 1 ? -logZ : double.NegativeInfinity;
                sum += (i == 0 || i == Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(log) * h / 3;
            }

            // Logarithms of 10^7 are rounded themselves.
            Assert.True(Math.Abs(sum - u) <= Math.Max(1e-10, 4e-16 * Math.Abs(logZ)), $"n {n}, s {s}: {u:R} of the mass lies below {t:R}, by Simpson's rule {sum:R}");
        }
    }

    /// <summary>Distances of samples from the location, by the Kolmogorov-Smirnov distance from their law.</summary>
    [Theory]
    [InlineData(2, 1, 0.6)]
    [InlineData(3, 2, 1.5)]
    [InlineData(5, 0.5, 0.4)]
    public void DistancesFollowTheirLaw(int n, double radius, double scale)
    {
        const int Count = 100_000;
        double[] loc = [.. new PhiloxNormals(2).Take(n).Select(v => 0.5 * radius * v)];
        double[] distances = Distances(n, radius, scale, loc, Count);
        double worst = KolmogorovSmirnov(n, radius, scale, distances);
        Assert.True(worst <= 5e-3, $"distance {worst:R} for {Count} samples");
        // Against another scale it is seen.
        Assert.True(KolmogorovSmirnov(n, radius, 1.05 * scale, distances) > 5e-3);
    }

    private static double[] Distances(int n, double radius, double scale, double[] loc, int count)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var p = new RiemannianNormal<double>(n, loc, Math.Log(scale), radius, trainable: false);
        Var w = p.Sample(tape, count, 5, 2), place = p.Space.Exp0(tape, tape.Input(loc, 1, n));
        double[] v = new double[count * n];
        tape.Read(p.Space.Translate(tape, w, place, back: true), v);
        return [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(v.AsSpan(i * n, n).ToArray().Sum(x => x * x))).Order()];
    }

    private static double KolmogorovSmirnov(int n, double radius, double scale, double[] sorted)
    {
        const int Grid = 200_000;
        double end = sorted[^1] * 1.5, h = end / Grid, sum = 0, worst = 0;
        double[] upTo = new double[Grid + 1];
        double Density(double d) => Math.Exp(-d * d / (2 * scale * scale) + (n - 1) * Math.Log(radius * Math.Sinh(d / radius)));
        for (int i = 1; i <= Grid; i++) upTo[i] = sum += h * Density((i - 0.5) * h);
        for (int i = 0; i < sorted.Length; i++)
        {
            double at = sorted[i] / h, expected = (upTo[(int)at] + (at - (int)at) * (upTo[(int)at + 1] - upTo[(int)at])) / sum;
            worst = Math.Max(worst, Math.Max(Math.Abs((double)i / sorted.Length - expected), Math.Abs((i + 1.0) / sorted.Length - expected)));
        }

        return worst;
    }
}
