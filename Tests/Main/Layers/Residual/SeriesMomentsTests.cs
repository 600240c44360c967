using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Truncated and random series on known Jacobians: published truncation errors, means and variances against the formulas, a shifted weight seen.</summary>
public sealed class SeriesMomentsTests
{
    private const int D = 32;

    private static readonly Lazy<double[][]> s_unscaled = new(() => [.. Enumerable.Range(40, 15).Select(i => LinearJacobian.GaussianOfNorm(D, (ulong)i, 1))]);

    // Per feature, J = -c I: sum over k above n of c^k / k.
    public static TheoryData<double, int, double, double> Worst => new()
    {
        { 0.5, 2, 6.8e-2, 5e-4 }, { 0.5, 5, 4.6e-3, 5e-5 }, { 0.5, 10, 8.2e-5, 5e-7 }, { 0.5, 20, 4.4e-8, 5e-10 }, { 0.5, 40, 2e-14, 5e-15 },
        { 0.7, 2, 2.6e-1, 5e-3 }, { 0.7, 5, 5.1e-2, 5e-4 }, { 0.7, 10, 5.1e-3, 5e-5 }, { 0.7, 20, 8.1e-5, 5e-7 }, { 0.7, 40, 3.4e-8, 5e-10 },
        { 0.9, 2, 1.00, 5e-3 }, { 0.9, 5, 4.7e-1, 5e-3 }, { 0.9, 10, 1.8e-1, 5e-3 }, { 0.9, 20, 3.9e-2, 5e-4 }, { 0.9, 40, 2.7e-3, 5e-5 },
        { 0.98, 2, 2.45, 5e-3 }, { 0.98, 5, 1.73, 5e-3 }, { 0.98, 10, 1.17, 5e-3 }, { 0.98, 20, 6.8e-1, 5e-3 }, { 0.98, 40, 3.0e-1, 5e-3 },
    };

    public static TheoryData<string, double> OneProbe => new()
    {
        { "truncated 5", 2.97 }, { "truncated 10", 2.98 }, { "truncated 20", 2.92 }, { "roulette 3", 2.95 }, { "roulette 11", 2.94 }, { "roulette 1", 3.12 },
        { "gaussian 3", 3.19 }, { "sphere 3", 0 }, { "orthonormal 3", 0 },
    };

    public static TheoryData<string> Unbiased => ["roulette 1", "roulette 3", "gaussian 2", "sphere 2", "orthonormal 2", "poisson 2", "sketch 2"];

    [Theory]
    [MemberData(nameof(Worst))]
    public void TheWorstTruncationErrorIsThePublishedOne(double c, int terms, double expected, double rounding)
    {
        const int Few = 4;
        double[] j = LinearJacobian.Scaled(Few, -c);
        // Both without noise for this J.
        foreach (ProbeSettings probes in (ProbeSettings[])[new(1, ProbeKind.Rademacher), new(Few, ProbeKind.Orthonormal)])
        {
            var truncated = new TruncatedLogDet<double>(terms, probes);
            EstimatorMoments moments = truncated.Moments(j, Few);
            Assert.Equal(0, moments.Variance, 1e-25);
            Assert.InRange((moments.Mean - new ExactLogDet<double>().Moments(j, Few).Mean) / Few, expected - rounding, expected + rounding);
            foreach (double value in LinearJacobian.Draws(j, Few, 3, 2, truncated, 1))
                Assert.InRange((value / Few) - Math.Log(1 - c), expected - rounding, expected + rounding);
        }
    }

    [Theory]
    [MemberData(nameof(OneProbe))]
    public void SamplesHaveTheMomentsOfTheFormula(string name, double published)
    {
        // The published table's J was another draw of the same law.
        double[] j = LinearJacobian.GaussianOfNorm(D, 12, 0.9);
        ILogDetEstimator<double> estimator = Make(name, 0.5);
        EstimatorMoments formula = estimator.Moments(j, D);
        // One number of terms is drawn for a batch: with one row a step the draws are independent. A fixed number needs no steps.
        double[] draws = name.StartsWith("truncated", StringComparison.Ordinal) ? LinearJacobian.Draws(j, D, 500, 40, estimator, 9) : LinearJacobian.Draws(j, D, 1, 10_000, estimator, 9);
        (double mean, double meanError, double variance, double varianceError) = LinearJacobian.Moments(draws);
        Assert.InRange(mean, formula.Mean - (4 * meanError), formula.Mean + (4 * meanError));
        Assert.InRange(variance, formula.Variance - (4 * varianceError), formula.Variance + (4 * varianceError));
        Assert.True(varianceError < 0.05 * variance, $"{varianceError} of {variance}");
        if (published > 0) Assert.InRange(Math.Sqrt(formula.Variance), 0.8 * published, 1.25 * published);
        if (estimator.Value == ValueKind.Unbiased) Assert.Equal(new ExactLogDet<double>().Moments(j, D).Mean, formula.Mean, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Unbiased))]
    public void MeansAreExactForTwentySeeds(string name)
    {
        const int Few = 4, Steps = 1500;
        for (ulong seed = 1; seed <= 20; seed++)
        {
            double[] j = LinearJacobian.GaussianOfNorm(Few, seed, 0.6);
            double exact = DenseLogDet(j, Few);
            (double mean, double error, _, _) = LinearJacobian.Moments(LinearJacobian.Draws(j, Few, 1, Steps, Make(name, 0.3), seed));
            Assert.True(Math.Abs(mean - exact) < 4 * error, $"seed {seed}: {mean} +- {error}, exact {exact}");
            Assert.True(error < 0.05, $"seed {seed}: {error}");
        }
    }

    [Fact]
    public void AWeightShiftedByOneIsRejected()
    {
        // A published estimator divides the term J^(k + 1) by k: its mean is 0.2973 where log 1.5 = 0.4055 is right.
        var roulette = new RussianRoulette(0.5, 1, 0.5);
        double[] Sample(bool shifted) => LinearJacobian.Draws([0.5], 1, 1, 20_000, (tape, output, input, step) =>
        {
            Span<double> weights = stackalloc double[roulette.Draw(7, (ulong)step)];
            roulette.Fill(weights);
            for (int k = 2; shifted && k <= weights.Length; k++) weights[k - 1] *= k / (k - 1.0);
            return PowerSeries.Record(tape, output, input, Probes.Draw(tape, ProbeKind.Rademacher, 1, 1, 7, (ulong)step, 0), weights);
        });
        (double right, double rightError, _, _) = LinearJacobian.Moments(Sample(shifted: false));
        Assert.InRange(right, Math.Log(1.5) - (4 * rightError), Math.Log(1.5) + (4 * rightError));
        (double wrong, double wrongError, _, _) = LinearJacobian.Moments(Sample(shifted: true));
        Assert.True(Math.Abs(wrong - Math.Log(1.5)) > 30 * wrongError, $"{wrong} +- {wrongError}");
        Assert.InRange(wrong, 0.2973 - (4 * wrongError), 0.2973 + (4 * wrongError));
    }

    // Error of the whole sum for one Gaussian J of norm c, as published; another draw's is another number of the same size.
    public static TheoryData<double, int, double> Typical => new()
    {
        { 0.5, 5, 9e-6 }, { 0.5, 10, 2e-7 }, { 0.5, 20, 3e-13 }, { 0.7, 5, 9e-5 }, { 0.7, 10, 1e-5 }, { 0.7, 20, 4e-10 },
        { 0.9, 5, 1.5e-3 }, { 0.9, 10, 1.9e-4 }, { 0.9, 20, 1e-7 }, { 0.98, 5, 3.4e-3 }, { 0.98, 10, 5.1e-4 }, { 0.98, 20, 7e-7 },
    };

    [Theory]
    [MemberData(nameof(Typical))]
    public void WithoutAPreferredDirectionTruncationIsNearlyFree(double c, int terms, double published)
    {
        double[] errors = [.. s_unscaled.Value.Select(unscaled =>
        {
            double[] j = [.. unscaled.Select(v => c * v)];
            return Math.Abs(new TruncatedLogDet<double>(terms, new ProbeSettings(1, ProbeKind.Rademacher)).Moments(j, D).Mean - DenseLogDet(j, D));
        }).Order()];
        Assert.InRange(published, errors[0] / 3, errors[^1] * 3);
        double worst = D * (-Math.Log(1 - c) - Enumerable.Range(1, terms).Sum(k => Math.Pow(c, k) / k));
        Assert.True(errors[^1] < 1e-2 * worst, $"{errors[^1]} of {worst}");
    }

    [Fact]
    public void AShiftedWeightIsOffByItsTracesWithManyFeaturesToo()
    {
        double[] j = LinearJacobian.GaussianOfNorm(D, 12, 0.9), power = j;
        // sum over k from 2 on of (-1)^(k+1) tr J^k (1/(k - 1) - 1/k)
        double bias = 0;
        for (int k = 2; k <= 60; k++)
        {
            var next = new double[D * D];
            SeriesMoments.Product(power, j, next, D, 1);
            power = next;
            for (int i = 0; i < D; i++) bias += (k % 2 == 1 ? 1 : -1) * power[i * (D + 1)] / (k * (k - 1.0));
        }
        var roulette = new RussianRoulette(0.5, 2, 0.9, true);
        double[] draws = LinearJacobian.Draws(j, D, 1, 20_000, (tape, output, input, step) =>
        {
            Span<double> weights = stackalloc double[roulette.Draw(7, (ulong)step)];
            roulette.Fill(weights);
            for (int k = 2; k <= weights.Length; k++) weights[k - 1] *= k / (k - 1.0);
            return PowerSeries.Record(tape, output, input, Probes.Draw(tape, ProbeKind.Rademacher, 1, D, 7, (ulong)step, 0), weights);
        });
        (double mean, double error, _, _) = LinearJacobian.Moments(draws);
        double off = mean - DenseLogDet(j, D);
        Assert.InRange(off, bias - (4 * error), bias + (4 * error));
        Assert.True(Math.Abs(off) > 4 * error, $"{off} +- {error}");
    }

    [Fact]
    public void PoissonLengthsLookCalmAndHaveNoVariance()
    {
        double[] j = LinearJacobian.GaussianOfNorm(D, 12, 0.9);
        var estimator = new RouletteLogDet<double>(RussianRoulette.Poisson(2, 2, true), new ProbeSettings(1, ProbeKind.Rademacher));
        Assert.True(estimator.Moments(j, D).IsInfinite);
        (double mean, double error, double variance, _) = LinearJacobian.Moments(LinearJacobian.Draws(j, D, 1, 10_000, estimator, 9));
        // The published sample: bias -0.011 +- 0.021, deviation 2.97.
        Assert.InRange(mean, DenseLogDet(j, D) - (4 * error), DenseLogDet(j, D) + (4 * error));
        Assert.InRange(Math.Sqrt(variance), 0.8 * 2.97, 1.25 * 2.97);
    }

    [Fact]
    public void WithAllDirectionsOnlyTheLengthIsRandom()
    {
        double[] j = LinearJacobian.GaussianOfNorm(5, 3, 0.6);
        var roulette = new RussianRoulette(0.3, 2, 0.6);
        double all = new RouletteLogDet<double>(roulette, new ProbeSettings(5, ProbeKind.Orthonormal)).Moments(j, 5).Variance;
        // tr J^k / k are then the terms of a series of numbers.
        double[] power = j, terms = new double[200];
        for (int k = 1; k <= terms.Length; k++)
        {
            if (k > 1)
            {
                var next = new double[25];
                SeriesMoments.Product(power, j, next, 5, 1);
                power = next;
            }
            for (int i = 0; i < 5; i++) terms[k - 1] += (k % 2 == 1 ? 1.0 : -1.0) / k * power[i * 6];
        }
        Assert.Equal(roulette.Variance(terms), all, 1e-10 * all);
        Assert.Equal(all, new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Gaussian, 5)).Moments(j, 5).Variance, 1e-12 * all);
        double one = new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Sphere)).Moments(j, 5).Variance;
        Assert.True(all < 0.1 * one, $"{all} of {one}");
    }

    [Fact]
    public void WhereThereIsNoFormulaThereIsNone()
    {
        double[] j = LinearJacobian.GaussianOfNorm(5, 3, 0.6);
        EstimatorMoments sketched = Make("sketch 2", 0.3).Moments(j, 5);
        Assert.Equal(DenseLogDet(j, 5), sketched.Mean, 1e-12);
        Assert.True(double.IsNaN(sketched.Variance));
        EstimatorMoments neumann = ((ILogDetEstimator<double>)new NeumannLogDet<double>(new RussianRoulette(0.3, 2, 0.6), new ProbeSettings(1, ProbeKind.Sphere))).Moments(j, 5);
        Assert.True(double.IsNaN(neumann.Mean) && double.IsNaN(neumann.Variance));
        // Beyond a spectral radius of 1 the series has no sum.
        EstimatorMoments beyond = Make("roulette 2", 0.3).Moments([1.5], 1);
        Assert.True(double.IsNaN(beyond.Mean) && beyond.IsInfinite);
        Assert.True(double.IsNaN(Make("roulette 2", 0.3).Moments([double.NaN], 1).Variance));
    }

    [Theory]
    [InlineData(new double[] { 0.5, 100, 0, -0.5 }, 2, 0.5)]
    [InlineData(new double[] { 0, 0.3, -1.2, 0 }, 2, 0.6)]
    [InlineData(new double[] { 0, 1, 0, 0 }, 2, 0)]
    [InlineData(new double[] { -3e-200 }, 1, 3e-200)]
    [InlineData(new double[] { 2, 1, 0, 0, 2, 1, 0, 0, 2 }, 3, 2)]
    public void TheSpectralRadiusIsTheLargestEigenvalue(double[] matrix, int d, double expected)
        => Assert.Equal(expected, SpectralRadius.Of(matrix, d), 1e-9 * expected);

    private static double DenseLogDet(double[] j, int d)
    {
        double[] a = [.. j];
        for (int i = 0; i < d; i++) a[i * (d + 1)] += 1;
        return DenseJacobian.LogAbsDet(a, d);
    }

    // "KIND n": terms of a truncated series, or exact terms of a random one.
    private static ILogDetEstimator<double> Make(string name, double stop)
    {
        string kind = name.Split(' ')[0];
        int number = int.Parse(name.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        // The published comparison allows itself a stopping chance outside the window of c; the spectral radius of its J is inside.
        RussianRoulette roulette = kind == "poisson" ? RussianRoulette.Poisson(3, number, true) : new RussianRoulette(stop, number, 0.9, true);
        return kind switch
        {
            "truncated" => new TruncatedLogDet<double>(number, new ProbeSettings(1, ProbeKind.Rademacher)),
            "gaussian" => new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Gaussian)),
            "sphere" => new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Sphere)),
            "orthonormal" => new RouletteLogDet<double>(roulette, new ProbeSettings(2, ProbeKind.Orthonormal)),
            "sketch" => new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Rademacher, number)),
            _ => new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Rademacher)),
        };
    }
}
