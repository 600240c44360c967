using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class GaussianMixtureFitTests
{
    [Fact]
    public void OneComponentIsTheMeanAndTheCovariance()
    {
        double[] x = Rows(300, 3, 2);
        GaussianMixtureFit fit = GaussianMixtureFit.Fit(x, 3, 1, ridge: 0);
        double[] mean = new double[3], covariance = new double[9];
        for (int i = 0; i < x.Length; i++) mean[i % 3] += x[i] / 300;
        for (int r = 0; r < 300; r++)
            for (int i = 0; i < 9; i++) covariance[i] += (x[3 * r + i / 3] - mean[i / 3]) * (x[3 * r + i % 3] - mean[i % 3]) / 300;
        BijectorChecks.Close("mean", fit.Means, mean, 1e-12);
        double[] product = new double[9];
        for (int i = 0; i < 9; i++)
            for (int k = 0; k < 3; k++) product[i] += fit.ScaleTril[3 * (i / 3) + k] * fit.ScaleTril[3 * (i % 3) + k];
        BijectorChecks.Close("covariance", product, covariance, 1e-12);
        Assert.Equal(9, fit.ParameterCount);

        // The likelihood of the maximum-likelihood normal: -D/2 (1 + ln 2 pi) - ln det C/2.
        double logDet = 2 * Enumerable.Range(0, 3).Sum(i => Math.Log(fit.ScaleTril[4 * i]));
        Assert.Equal(-1.5 * (1 + Math.Log(2 * Math.PI)) - 0.5 * logDet, fit.TrainNats, 10);
        Assert.Equal(fit.TrainNats, Mean(fit, x), 10);
    }

    [Fact]
    public void ItFindsTheComponentsThatTheRowsWereDrawnFrom()
    {
        var truth = new FullGaussianMixture<double>(2, 3, [-3, 0, 2, 2, 3, -3], [1, 0, 0.5, 0.5, 0.6, 0, -0.3, 0.8, 0.4, 0, 0, 1.2], [0.5, 0, -0.5], trainable: false);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = new double[2 * 20_000], logProb = new double[20_000];
        Var rows = truth.Sample(tape, 20_000, 5, 1);
        tape.Read(rows, x);
        tape.Read(truth.LogProb(tape, rows), logProb);
        GaussianMixtureFit fit = GaussianMixtureFit.Fit(x, 2, 3, seed: 1);
        int[] order = [.. Enumerable.Range(0, 3).OrderBy(k => fit.Means[2 * k])];
        double[] weights = [.. new[] { 0.5, 0, -0.5 }.Select(Math.Exp)];
        double[] expected = [-3, 0, 2, 2, 3, -3];
        for (int k = 0; k < 3; k++)
        {
            // 5 standard errors of means of some 3700 rows or more with deviations up to 1.2.
            Assert.InRange(fit.Means[2 * order[k]] - expected[2 * k], -0.1, 0.1);
            Assert.InRange(fit.Means[2 * order[k] + 1] - expected[2 * k + 1], -0.1, 0.1);
            Assert.InRange(fit.Weights[order[k]] - weights[k] / weights.Sum(), -0.02, 0.02);
        }

        // A fit of 17 numbers gains about 17/2/20000 nats on its own rows over the truth, not more and not less than nothing.
        Assert.InRange(Mean(fit, x) - logProb.Average(), 0, 0.002);
    }

    [Fact]
    public void MoreIterationsNeverLoseLikelihoodAndTheSeedDecides()
    {
        double[] x = Rows(500, 2, 3);
        double before = double.NegativeInfinity;
        for (int iterations = 1; iterations <= 12; iterations++)
        {
            double now = Mean(GaussianMixtureFit.Fit(x, 2, 4, seed: 3, ridge: 0, tolerance: 0, mostIterations: iterations), x);
            Assert.True(now >= before - 1e-12, $"iteration {iterations}: {now:R} after {before:R}");
            before = now;
        }

        Assert.Equal(GaussianMixtureFit.Fit(x, 2, 4, 3).Means.ToArray(), GaussianMixtureFit.Fit(x, 2, 4, 3).Means.ToArray());
        Assert.NotEqual(GaussianMixtureFit.Fit(x, 2, 4, 3).Means.ToArray(), GaussianMixtureFit.Fit(x, 2, 4, 4).Means.ToArray());
    }

    [Fact]
    public void RepeatedRowsAreHeldByTheRidge()
    {
        double[] x = [.. Enumerable.Repeat(1.0, 40), .. Rows(40, 2, 4)];
        GaussianMixtureFit fit = GaussianMixtureFit.Fit(x, 2, 3, seed: 2, ridge: 1e-6);
        Assert.True(double.IsFinite(Mean(fit, x)));
        Assert.Equal(1, fit.Weights.ToArray().Sum(), 12);
        Assert.Throws<ArgumentException>(() => GaussianMixtureFit.Fit(x, 2, 61));
        Assert.Throws<ArgumentException>(() => GaussianMixtureFit.Fit(x.AsSpan(1), 2, 2));
    }

    [Fact]
    public void AsADistributionItIsTheSameDensity()
    {
        double[] x = Rows(200, 2, 6), logProb = new double[200];
        GaussianMixtureFit fit = GaussianMixtureFit.Fit(x, 2, 3);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        tape.Read(fit.ToDistribution<double>(trainable: false).LogProb(tape, tape.Input(x, 200, 2)), logProb);
        BijectorChecks.Close("log p", logProb, [.. Enumerable.Range(0, 200).Select(r => fit.LogDensity(x.AsSpan(2 * r, 2)))], 1e-12);
    }

    private static double Mean(GaussianMixtureFit fit, double[] x)
        => Enumerable.Range(0, x.Length / fit.Dimension).Average(r => fit.LogDensity(x.AsSpan(r * fit.Dimension, fit.Dimension)));

    private static double[] Rows(int rows, int columns, ulong seed)
    {
        double[] e = new PhiloxNormals(seed).Take(rows * columns);
        for (int i = 0; i < e.Length; i++) e[i] = i % columns == 0 ? 2 * e[i] + 1 : 0.5 * e[i] + 0.7 * e[i - 1];
        return e;
    }
}
