using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The mean of points on the hyperboloid.</summary>
public sealed class FrechetMeanTests
{
    public static TheoryData<double, int> Spaces => HyperbolicPointsTests.Spaces;

    [Theory]
    [MemberData(nameof(Spaces))]
    public void OfTwoPointsItIsTheMidpoint(double radius, int n)
    {
        double[] x = HyperbolicPointsTests.Point(radius, n, 2, 1), y = HyperbolicPointsTests.Point(radius, n, 3, 2);
        double[] middle = FrechetMean.Of([.. x, .. y], n, radius), third = FrechetMean.Of([.. x, .. y], n, radius, [2, 1]);
        double whole = HyperbolicPoints.Distance(x, y, radius);
        Assert.Equal(whole / 2, HyperbolicPoints.Distance(x, middle, radius), 1e-12 * radius);
        Assert.Equal(whole / 2, HyperbolicPoints.Distance(y, middle, radius), 1e-12 * radius);
        Assert.Equal(whole / 3, HyperbolicPoints.Distance(x, third, radius), 1e-12 * radius);

        // The iteration finds the same: a third point without weight.
        HyperbolicPointsTests.Near(third, FrechetMean.Of([.. x, .. y, .. x], n, radius, [2, 1, 0]), 1e-8 * radius);
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void NoPointAroundItIsBetter(double radius, int n)
    {
        (double[] points, double[] weights) = Cloud(radius, n);
        double[] mean = FrechetMean.Of(points, n, radius, weights), near = new double[n];
        double least = Objective(points, weights, n, radius, mean);
        for (ulong k = 0; k < 50; k++)
        {
            // The second derivative is at least 1: f rises by half the square at least, and no more than rounding less.
            double size = radius * (k % 2 == 0 ? 1e-3 : 0.5);
            HyperbolicPoints.Exp(mean, HyperbolicPointsTests.Direction(n, size, k), radius, near);
            Assert.InRange(Objective(points, weights, n, radius, near) - least, 0.5 * size * size * (1 - 1e-6), double.PositiveInfinity);
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void ABruteSearchOfThePlaneFindsIt(double radius)
    {
        (double[] points, double[] weights) = Cloud(radius, 2);
        double[] mean = FrechetMean.Of(points, 2, radius, weights), best = [0, 0];
        // A grid of tangent coordinates around the best so far, ever finer.
        for (double size = 4 * radius; size > 1e-8 * radius; size *= 0.5)
        {
            double[] centre = [.. best];
            double least = double.PositiveInfinity;
            for (int i = -4; i <= 4; i++)
                for (int j = -4; j <= 4; j++)
                {
                    double[] w = [centre[0] + size * i / 4, centre[1] + size * j / 4], x = new double[2];
                    HyperbolicPoints.Exp0(w, radius, x);
                    double value = Objective(points, weights, 2, radius, x);
                    if (value < least) (least, best) = (value, w);
                }
        }

        double[] found = new double[2];
        HyperbolicPoints.Exp0(best, radius, found);
        // A minimum is flat: its place is known to the root of the rounding.
        HyperbolicPointsTests.Near(found, mean, 1e-6 * radius);
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void ItMovesWithIsometries(double radius, int n)
    {
        (double[] points, double[] weights) = Cloud(radius, n);
        double[] t = HyperbolicPointsTests.Point(radius, n, 2, 99), moved = new double[points.Length], expected = new double[n];
        for (int i = 0; i < points.Length; i += n) HyperbolicPoints.Translate(t, points.AsSpan(i, n), radius, moved.AsSpan(i, n));
        HyperbolicPoints.Translate(t, FrechetMean.Of(points, n, radius, weights), radius, expected);
        Assert.Equal(0, HyperbolicPoints.Distance(expected, FrechetMean.Of(moved, n, radius, weights), radius), 1e-8 * radius);
        // Turned: coordinates reversed.
        double[] turned = [.. points];
        for (int i = 0; i < points.Length; i += n) turned.AsSpan(i, n).Reverse();
        HyperbolicPointsTests.Near([.. FrechetMean.Of(points, n, radius, weights).Reverse()], FrechetMean.Of(turned, n, radius, weights), 1e-8 * radius);
    }

    [Fact]
    public void WideCloudsAndCoincidentPointsToo()
    {
        double[] wide = [.. HyperbolicPointsTests.Point(1, 2, 12, 1), .. HyperbolicPointsTests.Point(1, 2, 12, 2), .. HyperbolicPointsTests.Point(1, 2, 12, 3), .. HyperbolicPointsTests.Point(1, 2, 0.1, 4)];
        double[] mean = FrechetMean.Of(wide, 2, 1), near = new double[2];
        for (ulong k = 0; k < 20; k++)
        {
            HyperbolicPoints.Exp(mean, HyperbolicPointsTests.Direction(2, 1e-3, k), 1, near);
            Assert.True(Objective(wide, [0.25, 0.25, 0.25, 0.25], 2, 1, near) > Objective(wide, [0.25, 0.25, 0.25, 0.25], 2, 1, mean));
        }

        double[] x = HyperbolicPointsTests.Point(2, 3, 1, 5);
        HyperbolicPointsTests.Near(x, FrechetMean.Of([.. x, .. x, .. x], 3, 2), 1e-14);
        Assert.Equal(x, FrechetMean.Of(x, 3, 2).Select((v, i) => Math.Abs(v - x[i]) < 1e-14 ? x[i] : v));
    }

    [Fact]
    public void WhatCannotBeDoneIsSaid()
    {
        (double[] points, double[] weights) = Cloud(1, 2);
        string message = Assert.Throws<NotConvergedException>(() => FrechetMean.Of(points, 2, 1, weights, steps: 1)).Message;
        Assert.Contains("after 1 steps over 9 points", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FrechetMean.Of([], 2, 1));
        Assert.Throws<ArgumentException>(() => FrechetMean.Of([1, 2, 3], 2, 1));
        Assert.Throws<ArgumentException>(() => FrechetMean.Of([1, 2], 1, 1, [1, -1]));
        Assert.Throws<ArgumentException>(() => FrechetMean.Of([1, 2], 1, 1, [0, 0]));
        Assert.Throws<ArgumentException>(() => FrechetMean.Of([1, 2], 1, 1, [1]));
    }

    private static (double[] Points, double[] Weights) Cloud(double radius, int n)
    {
        double[] points = [.. Enumerable.Range(0, 9).SelectMany(i => HyperbolicPointsTests.Point(radius, n, 0.3 * (i + 1), (ulong)i + 20))];
        double[] weights = [.. Enumerable.Range(0, 9).Select(i => (i % 3 + 1) / 18.0)];
        return (points, weights);
    }

    private static double Objective(double[] points, double[] weights, int n, double radius, double[] x)
    {
        double sum = 0;
        for (int i = 0; i < weights.Length; i++) sum += 0.5 * weights[i] * Math.Pow(HyperbolicPoints.Distance(points.AsSpan(i * n, n), x, radius), 2);
        return sum;
    }
}
