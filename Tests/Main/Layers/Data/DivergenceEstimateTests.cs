using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The excess of a model over a known density: 0 for the density itself, the divergence for another, and a standard error that means it.</summary>
public sealed class DivergenceEstimateTests
{
    public static TheoryData<string> Names => [.. Toys.All.Select(t => t.Name)];

    [Theory, MemberData(nameof(Names))]
    public void TheDensityItselfHasNone(string name)
    {
        IToyDensity toy = Toys.Find(name);
        Table rows = Toys.Open("toy:" + name).Test;
        Assert.Equal(new DivergenceEstimate(0, 0, rows.Rows), DivergenceEstimate.Of(toy, rows, LogDensities(toy, rows, 0)));
    }

    [Theory]
    [InlineData("eight-gaussians", 6.3, 0.05, 0.1)]
    [InlineData("eight-gaussians", 6.3, 0.05, 0.01)]
    [InlineData("rings", 3.8, 0.03, 0.02)]
    public void AShiftedDensityHasItsDivergence(string name, double reach, double step, double shift)
    {
        IToyDensity toy = Toys.Find(name);
        double expected = 0;
        for (double x = -reach; x <= reach; x += step)
            for (double y = -reach; y <= reach; y += step)
                expected += step * step * Math.Exp(toy.LogDensity(x, y)) * (toy.LogDensity(x, y) - toy.LogDensity(x - shift, y));

        Table rows = Toys.Open("toy:" + name).Test;
        double[] model = LogDensities(toy, rows, shift);
        DivergenceEstimate estimate = DivergenceEstimate.Of(toy, rows, model);
        Assert.True(expected > 0, $"{expected}");
        Assert.True(Math.Abs(estimate.Nats - expected) < 4 * estimate.StandardError, $"{estimate} for {expected}");
        Assert.InRange(estimate.StandardError, 1e-6, 0.5 * LikelihoodEvaluation.Of(model, rows, 1).StandardError);
    }

    [Fact]
    public void WhatCannotBeComparedIsRefused()
    {
        IToyDensity toy = Toys.Find("rings");
        Table rows = Table.FromDoubles("two", 2, 2, [1, 0, double.MaxValue, double.MaxValue]);
        Assert.Contains("2 rows x 2 for 3", Assert.Throws<ArgumentException>(() => DivergenceEstimate.Of(toy, rows, new double[3])).Message, StringComparison.Ordinal);
        Assert.Contains("two: row 1", Assert.Throws<OutsideDomainException>(() => DivergenceEstimate.Of(toy, rows, new double[2])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AModelThatIsTheDensityHasNoneThroughTheCommand()
    {
        using TempFolder temp = new();
        double[] loc = [.. Enumerable.Range(0, 8).SelectMany(k => (double[])[Math.Sqrt(8) * Math.Cos(k * Math.PI / 4), Math.Sqrt(8) * Math.Sin(k * Math.PI / 4)])];
        double[] logScale = [.. Enumerable.Repeat(0.5 * Math.Log(0.125), 16)];
        using (var flow = new Flow<double>([new ActNorm<double>(2)], new DiagonalGaussianMixture<double>(2, 8, loc, logScale)))
            flow.Save(temp.At("truth.safetensors"));
        JsonElement report = JsonDocument.Parse(CommandLine.Succeed("evaluate", temp.At("truth.safetensors"), "--data", "toy:eight-gaussians", "--json")).RootElement;
        JsonElement entropy = report.GetProperty("entropy");
        Assert.InRange(entropy.GetProperty("excess").GetDouble(), -1e-13, 1e-13);
        Assert.InRange(entropy.GetProperty("excess_standard_error").GetDouble(), 0, 1e-13);
        // The loss itself is off by the luck of the rows.
        Assert.InRange(Math.Abs(-report.GetProperty("nats").GetDouble() - entropy.GetProperty("nats").GetDouble()), 1e-5, 0.05);
        Assert.Contains("excess over the truth (KL), E[log p - log q]: ", CommandLine.Succeed("evaluate", temp.At("truth.safetensors"), "--data", "toy:eight-gaussians"), StringComparison.Ordinal);
    }

    private static double[] LogDensities(IToyDensity toy, Table rows, double shift)
        => [.. Enumerable.Range(0, rows.Rows).Select(r => toy.LogDensity(rows[r, 0] - shift, rows[r, 1]))];
}
