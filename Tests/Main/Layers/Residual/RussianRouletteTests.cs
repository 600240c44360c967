using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Random lengths and their weights: the mean is the whole series, and infinite variance is refused.</summary>
public sealed class RussianRouletteTests
{
    private const int Draws = 200_000;

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.5, 2)]
    [InlineData(0.2, 5)]
    public void LengthsHaveTheStatedTail(double stop, int exact)
    {
        var roulette = new RussianRoulette(stop, exact, 0.1);
        int[] reached = new int[12];
        for (ulong i = 0; i < Draws; i++)
        {
            int n = roulette.Draw(3, i);
            Assert.True(n >= exact);
            for (int k = 1; k <= Math.Min(n, reached.Length); k++) reached[k - 1]++;
        }
        for (int k = 1; k <= reached.Length; k++)
        {
            double chance = 1 / roulette.Weight(k), error = Math.Sqrt(chance * (1 - chance) / Draws);
            Assert.Equal(k <= exact ? 1 : Math.Pow(1 - stop, k - exact), chance, 1e-12);
            Assert.InRange((double)reached[k - 1] / Draws, chance - (4.5 * error) - 1e-12, chance + (4.5 * error) + 1e-12);
        }
    }

    [Fact]
    public void TheMeanIsTheWholeSeries()
    {
        // log(1 + 0.5), one feature.
        (double mean, double error) = Mean(static (roulette, k) => roulette.Weight(k) / k);
        Assert.InRange(mean, Math.Log(1.5) - (4.5 * error), Math.Log(1.5) + (4.5 * error));
        Assert.True(error < 2e-3);
    }

    [Fact]
    public void AShiftedWeightIsSeen()
    {
        // A published implementation divides the term k + 1 by k; its mean was found to be 0.2973.
        (double mean, double error) = Mean(static (roulette, k) => roulette.Weight(k) / Math.Max(1, k - 1));
        Assert.NotInRange(mean, Math.Log(1.5) - (4.5 * error), Math.Log(1.5) + (4.5 * error));
        Assert.InRange(mean, 0.2973 - (4.5 * error), 0.2973 + (4.5 * error));
    }

    [Theory]
    [InlineData(0.5, 0.7072)]
    [InlineData(0.5, 0.9)]
    [InlineData(0.19, 0.9)]
    [InlineData(0.04, 0.98)]
    public void InfiniteVarianceIsRefused(double stop, double lipschitz)
    {
        var error = Assert.Throws<ArgumentException>(() => new RussianRoulette(stop, 2, lipschitz));
        Assert.Contains("infinite variance", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 - c^2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, 0.7071)]
    [InlineData(0.18, 0.9)]
    [InlineData(0.039, 0.98)]
    public void FiniteVarianceIsAccepted(double stop, double lipschitz) => Assert.Equal(stop, new RussianRoulette(stop, 2, lipschitz).Stop);

    [Fact]
    public void TheDefaultHasFiniteVariance()
    {
        // 1 - p > c^2 for every c below 1, by a margin that does not vanish beside 1 - c.
        for (double gap = 0.99; gap > 1e-9; gap *= 0.9)
        {
            double c = 1 - gap, p = RussianRoulette.DefaultStop(c);
            Assert.True(p > 0 && 1 - p > c * c && ((1 - p - (c * c)) / gap) > 0.05, $"c = {c}, p = {p}");
        }
        foreach (double c in (double[])[0.01, 0.5, 0.9, 0.98, 0.99, 0.995, 0.9975]) Assert.Equal(RussianRoulette.DefaultStop(c), new RussianRoulette(RussianRoulette.DefaultStop(c), 2, c).Stop);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(double.NaN, 2)]
    [InlineData(0.5, -1)]
    [InlineData(0.001, 2)]
    public void NonsenseIsRefused(double stop, int exact) => Assert.Throws<ArgumentException>(() => new RussianRoulette(stop, exact, 0.1));

    private static (double Mean, double Error) Mean(Func<RussianRoulette, int, double> weight)
    {
        var roulette = new RussianRoulette(0.5, 0, 0.5);
        double sum = 0, squares = 0;
        for (ulong i = 0; i < Draws; i++)
        {
            int n = roulette.Draw(7, i);
            double value = 0;
            for (int k = 1; k <= n; k++) value += (k % 2 == 1 ? 1 : -1) * Math.Pow(0.5, k) * weight(roulette, k);
            sum += value;
            squares += value * value;
        }
        double mean = sum / Draws;
        return (mean, Math.Sqrt(((squares / Draws) - (mean * mean)) / Draws));
    }
}
