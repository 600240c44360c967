using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The toy densities: they integrate to 1, their samples follow them, and their entropies are what the plane's quadrature and the samples say.</summary>
public sealed class ToysTests
{
    // Steps well below the finest blur: the trapezoidal rule then converges exponentially.
    private static readonly Dictionary<string, (double Reach, double Step)> Grids = new()
    {
        ["checkerboard"] = (4.4, 0.1),
        ["eight-gaussians"] = (6.3, 0.1),
        ["hyperbolic-checkerboard"] = (3.3, 0.1),
        ["hyperbolic-five-gaussians"] = (7, 0.1),
        ["hyperbolic-gaussian"] = (7, 0.01),
        ["pinwheel"] = (7.5, 0.04),
        ["rings"] = (3.8, 0.03),
        ["spirals"] = (4.2, 0.05),
        ["two-moons"] = (3.1, 0.04),
    };

    public static TheoryData<string> Names => [.. Toys.All.Select(t => t.Name)];

    [Fact]
    public void NamesAreSortedAndTheirOwn() => Assert.Equal(Toys.All.Select(t => t.Name).Distinct().Order(StringComparer.Ordinal), Toys.All.Select(t => t.Name));

    [Theory, MemberData(nameof(Names))]
    public void ItIntegratesToOneAndHasItsEntropy(string name)
    {
        IToyDensity toy = Toys.Find(name);
        (double mass, double entropy) = Integrate(toy, Grids[name].Reach, Grids[name].Step);
        Assert.Equal(1, mass, 1e-6);
        Assert.True(Math.Abs(entropy - toy.Entropy) <= 1e-6, $"{name}: the entropy is {entropy:R} by quadrature, {toy.Entropy:R} as stated");
    }

    [Theory, MemberData(nameof(Names))]
    public void SamplesFollowIt(string name)
    {
        const int Count = 40_000;
        IToyDensity toy = Toys.Find(name);
        double[] points = Toys.Sample(toy, Count, 11, 3);

        // -log p of samples has the entropy as its mean: within 4 standard errors.
        double[] surprise = [.. Enumerable.Range(0, Count).Select(i => -toy.LogDensity(points[2 * i], points[2 * i + 1]))];
        Assert.All(surprise, v => Assert.True(double.IsFinite(v)));
        double mean = surprise.Average(), error = Math.Sqrt(surprise.Average(v => (v - mean) * (v - mean)) / Count);
        Assert.True(Math.Abs(mean - toy.Entropy) <= 4 * error + 1e-9, $"{name}: mean surprise {mean:R} +- {error:G2}, entropy {toy.Entropy:R}");

        // And every cell of a grid has its share: chi-square with k degrees of freedom is below k + 5 sqrt(2 k).
        (double reach, double step) = Grids[name];
        const int Cells = 24;
        var expected = new double[Cells * Cells];
        // Whole nodes to a cell, and the checkerboard's own edges.
        double half = name switch { "checkerboard" => 4, "hyperbolic-checkerboard" => 3, _ => reach };
        Visit(toy, half, 2 * half / (Cells * Math.Ceiling((name == "spirals" ? 2 : 4) * half / (Cells * step))), (x, y, log, cell) => expected[Cell(x, y)] += cell * Math.Exp(log));
        var found = new double[Cells * Cells];
        for (int i = 0; i < Count; i++) found[Cell(points[2 * i], points[2 * i + 1])]++;
        double square = 0, rest = 0, restFound = 0;
        int freedom = -1;
        for (int c = 0; c < expected.Length; c++)
        {
            double wanted = Count * expected[c];
            if (wanted < 8)
            {
                rest += wanted;
                restFound += found[c];
                continue;
            }

            square += (found[c] - wanted) * (found[c] - wanted) / wanted;
            freedom++;
        }

        if (rest > 8)
        {
            square += (restFound - rest) * (restFound - rest) / rest;
            freedom++;
        }

        Assert.True(square <= freedom + 5 * Math.Sqrt(2.0 * freedom), $"{name}: chi-square {square:F1} for {freedom} degrees of freedom");

        int Cell(double x, double y) => Math.Clamp((int)((x + half) / (2 * half) * Cells), 0, Cells - 1) * Cells + Math.Clamp((int)((y + half) / (2 * half) * Cells), 0, Cells - 1);
    }

    [Theory, MemberData(nameof(Names))]
    public void FarAwayItIsMinusALotAndNotNaN(string name)
    {
        IToyDensity toy = Toys.Find(name);
        foreach ((double x, double y) in (ReadOnlySpan<(double, double)>)[(1e3, 0), (-1e3, 1e3), (0, 1e200), (double.PositiveInfinity, 0)])
            Assert.True(toy.LogDensity(x, y) < -1000, $"{name} at ({x}, {y}): {toy.LogDensity(x, y)}");
        Assert.False(double.IsNaN(toy.LogDensity(0, 0)));
    }

    [Fact]
    public void BesselAgreesWithFortyDigits()
    {
        foreach ((double z, double expected) in (ReadOnlySpan<(double, double)>)[(0, 1), (0.5, 0.6450352704491501), (10, 0.1278333371634286), (29.9, 0.07326921904600191), (30, 0.0731459464822373), (1400, 0.01066313329436348)])
            Assert.Equal(expected, ToyMath.ScaledBesselI0(z), 2e-14 * expected);
    }

    [Fact]
    public void DataSetsAreBySeedAndTheTestRowsDoNotDependOnTheTrainingRows()
    {
        DataSet set = DataSource.Open("toy:two-moons"), small = DataSource.Open("toy:two-moons:50"), other = DataSource.Open("toy:two-moons:50:9");
        Assert.Equal((10_000, 2_000, 10_000), (set.Train.Rows, set.Validation.Rows, set.Test.Rows));
        Assert.Equal((50, 10, 10_000), (small.Train.Rows, small.Validation.Rows, small.Test.Rows));
        Assert.Equal("two-moons", set.Toy!.Name);
        Assert.Equal(set.Test[17, 1], small.Test[17, 1]);
        Assert.Equal(set.Train[17, 1], small.Train[17, 1]);
        Assert.NotEqual(other.Train[17, 1], small.Train[17, 1]);
        Assert.NotEqual(set.Train[0, 0], set.Test[0, 0]);
        Assert.NotEqual(set.Train[0, 0], set.Validation[0, 0]);
        Assert.Null(set.SelectColumns([1]).Toy);
        Assert.True(DataSource.IsDivided("toy:rings"));
    }

    [Theory]
    [InlineData("toy:three-moons", "three-moons", "two-moons")]
    [InlineData("toy:rings:many", "'many'", "whole number")]
    [InlineData("toy:rings:5", "'5'", "from 10")]
    [InlineData("toy:rings:50:x", "'x'", "seed")]
    [InlineData("toy:rings:50:1:2", "toy:NAME:ROWS:SEED", "expected")]
    public void ABadNameIsNamed(string name, params string[] fragments) => TempFolder.AssertBadInput(() => DataSource.Open(name), fragments);

    private static (double Mass, double Entropy) Integrate(IToyDensity toy, double reach, double step)
    {
        double mass = 0, entropy = 0;
        Visit(toy, reach, step, (x, y, log, cell) =>
        {
            double p = cell * Math.Exp(log);
            mass += p;
            if (p > 0) entropy -= p * log;
        });
        return (mass, entropy);
    }

    // Midpoints, so that the checkerboard's edges lie between nodes.
    private static void Visit(IToyDensity toy, double reach, double step, Action<double, double, double, double> visit)
    {
        int n = (int)Math.Round(2 * reach / step);
        step = 2 * reach / n;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double x = -reach + (i + 0.5) * step, y = -reach + (j + 0.5) * step;
                visit(x, y, toy.LogDensity(x, y), step * step);
            }
    }
}
