using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Second moments of the roulette by formula: the published table, the window of finite variance, the Poisson rule.</summary>
public sealed class RouletteWindowTests
{
    // Published with numpy's geometric number, which is at least 1: the first further term is always there, so that "2 exact terms" are 3 here.
    public static TheoryData<double, int, double, double> Geometric => new()
    {
        // Published as 0.00108; it is 0.001074962, rounded twice.
        { 0.5, 20, 0.001075, 5e-7 }, { 0.5, 40, 0.001075, 5e-7 }, { 0.5, 80, 0.001075, 5e-7 },
        { 0.7, 20, 0.083, 5e-4 }, { 0.7, 40, 0.095, 5e-4 }, { 0.7, 80, 0.098, 5e-4 },
        { 0.9, 20, 62, 0.5 }, { 0.9, 40, 2.0e5, 5e3 }, { 0.9, 80, 1e13, 5e12 },
        { 0.98, 20, 1.2e3, 50 }, { 0.98, 40, 1.2e8, 5e6 }, { 0.98, 80, 6e18, 5e17 },
    };

    public static TheoryData<double, int, double, double> Poisson => new()
    {
        { 0.5, 20, 0.0028, 5e-5 }, { 0.5, 40, 1.1e7, 5e5 }, { 0.5, 80, 4e40, 5e39 },
        { 0.7, 20, 4.9e2, 5 }, { 0.7, 40, 4e18, 5e17 }, { 0.7, 80, 8e63, 5e62 },
        { 0.9, 20, 9e6, 5e5 }, { 0.9, 40, 2e27, 5e26 }, { 0.9, 80, 2e81, 5e80 },
        { 0.98, 20, 3e8, 5e7 }, { 0.98, 40, 2e30, 5e29 }, { 0.98, 80, 2e87, 5e86 },
    };

    [Theory]
    [MemberData(nameof(Geometric))]
    public void PartialSumsOfTheGeometricRule(double c, int terms, double expected, double rounding)
        => Assert.InRange(new RussianRoulette(0.5, 3, c, allowInfiniteVariance: true).Variance(Terms(c, terms)), expected - rounding, expected + rounding);

    [Theory]
    [MemberData(nameof(Poisson))]
    public void PartialSumsOfThePoissonRule(double c, int terms, double expected, double rounding)
        => Assert.InRange(RussianRoulette.Poisson(2, 2, allowInfiniteVariance: true).Variance(Terms(c, terms)), expected - rounding, expected + rounding);

    [Theory]
    [InlineData(0.4, true)]
    [InlineData(0.7, true)]
    [InlineData(0.7072, false)]
    [InlineData(0.9, false)]
    public void TheWindowIsRhoSquaredBelowOneMinusP(double rho, bool finite)
    {
        var roulette = new RussianRoulette(0.5, 2, rho, allowInfiniteVariance: true);
        // The spectral radius decides, not the norm: this J has norm above 1.
        double[] jacobian = [rho, 3, 0, -rho];
        EstimatorMoments moments = new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Gaussian)).Moments(jacobian, 2);
        Assert.Equal(!finite, moments.IsInfinite);
        Assert.Equal(finite, double.IsFinite(moments.Variance));
        Assert.Equal(Math.Log(1 - (rho * rho)), moments.Mean, 1e-12);
        // For one feature it is the limit of the partial sums.
        EstimatorMoments one = new RouletteLogDet<double>(roulette, new ProbeSettings(1, ProbeKind.Rademacher)).Moments([-rho], 1);
        if (finite && rho < 0.6) Assert.Equal(roulette.Variance(Terms(rho, 400)), one.Variance, 1e-10);
        Assert.Equal(!finite, one.IsInfinite);
    }

    [Fact]
    public void ThePoissonRuleIsInfiniteForAllButNilpotentMaps()
    {
        var estimator = new RouletteLogDet<double>(RussianRoulette.Poisson(2, 2, allowInfiniteVariance: true), new ProbeSettings(1, ProbeKind.Gaussian));
        foreach (double c in (double[])[0.9, 0.1, 1e-3, -1e-6]) Assert.True(estimator.Moments([c], 1).IsInfinite);
        Assert.True(estimator.Moments([0, 0.5, 0.1, 0], 2).IsInfinite);
        // J^2 = 0: only the first term, which is always there. 2 |S|^2 with s = 0.35.
        EstimatorMoments nilpotent = estimator.Moments([0, 0.7, 0, 0], 2);
        Assert.Equal(0, nilpotent.Mean, 1e-15);
        Assert.Equal(2 * 2 * 0.35 * 0.35, nilpotent.Variance, 1e-14);
        // J^4 = 0 with the third term there in one draw of 1 / P: samples agree.
        double[] jacobian = [0, 0.9, 0.3, -0.2, 0, 0, 0.8, 0.5, 0, 0, 0, 0.7, 0, 0, 0, 0];
        (double mean, double meanError, double variance, double varianceError) = LinearJacobian.Moments(LinearJacobian.Draws(jacobian, 4, 1, 20_000, estimator, 3));
        EstimatorMoments formula = estimator.Moments(jacobian, 4);
        Assert.InRange(mean, -4 * meanError, 4 * meanError);
        Assert.InRange(variance, formula.Variance - (4 * varianceError), formula.Variance + (4 * varianceError));
    }

    [Fact]
    public void PoissonLengthsHaveTheStatedTail()
    {
        const int Draws = 200_000;
        RussianRoulette roulette = RussianRoulette.Poisson(2, 1, allowInfiniteVariance: true);
        int[] reached = new int[12];
        double mean = 0;
        for (ulong i = 0; i < Draws; i++)
        {
            int n = roulette.Draw(3, i);
            mean += (double)n / Draws;
            for (int k = 1; k <= Math.Min(n, reached.Length); k++) reached[k - 1]++;
        }
        Assert.InRange(mean, roulette.MeanTerms - (4 * Math.Sqrt(2.0 / Draws)), roulette.MeanTerms + (4 * Math.Sqrt(2.0 / Draws)));
        double pmf = Math.Exp(-2), tail = 1;
        for (int k = 1; k <= reached.Length; k++)
        {
            if (k > 1)
            {
                tail -= pmf;
                pmf *= 2.0 / (k - 1);
            }
            Assert.Equal(tail, roulette.Reach(k), 1e-13);
            Assert.Equal(1 / tail, roulette.Weight(k), 1e-6 / tail);
            double error = Math.Sqrt(tail * (1 - tail) / Draws);
            Assert.InRange((double)reached[k - 1] / Draws, tail - (4.5 * error) - 1e-12, tail + (4.5 * error) + 1e-12);
        }
    }

    [Theory]
    [InlineData("""{"name":"roulette","distribution":"poisson"}""", "allow_infinite_variance")]
    [InlineData("""{"name":"neumann","distribution":"poisson","rate":1.5}""", "take geometric")]
    [InlineData("""{"name":"roulette","distribution":"poisson","rate":0,"allow_infinite_variance":true}""", "rate is 0")]
    [InlineData("""{"name":"roulette","distribution":"poisson","stop":0.5,"allow_infinite_variance":true}""", "stop")]
    [InlineData("""{"name":"roulette","rate":2}""", "rate")]
    [InlineData("""{"name":"roulette","stop":0.6}""", "infinite variance")]
    [InlineData("""{"name":"roulette","stop":0.6,"allow_infinite_variance":"yes"}""", "true or false")]
    [InlineData("""{"name":"roulette","distribution":"binomial"}""", "geometric, poisson")]
    [InlineData("""{"name":"neumann","sketch":1}""", "sketch")]
    [InlineData("""{"name":"roulette","probe":"cube"}""", "rademacher, gaussian, sphere, orthonormal")]
    public void RefusalsAreOneLine(string config, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => LogDetRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement, 0.7));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("""{"name":"roulette","distribution":"poisson","rate":1.5,"exact_terms":1,"allow_infinite_variance":true,"probes":1,"probe":"sphere"}""")]
    [InlineData("""{"name":"neumann","stop":0.6,"exact_terms":1,"allow_infinite_variance":true,"probes":2,"probe":"orthonormal"}""")]
    [InlineData("""{"name":"roulette","stop":0.25,"exact_terms":1,"probes":2,"probe":"gaussian","sketch":2}""")]
    [InlineData("""{"name":"truncated","terms":4,"probes":2,"probe":"orthonormal","sketch":1}""")]
    public void WhatWasAllowedIsWrittenDown(string config)
    {
        ILogDetEstimator<double> estimator = LogDetRegistry.FromConfig<double>(JsonDocument.Parse(config).RootElement, 0.7);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("name", estimator.Name);
            estimator.WriteConfig(json);
            json.WriteEndObject();
        }
        Assert.Equal(config, Encoding.UTF8.GetString(stream.ToArray()));
    }

    // log(1 - c) term by term.
    private static double[] Terms(double c, int count) => [.. Enumerable.Range(1, count).Select(k => -Math.Pow(c, k) / k)];
}
