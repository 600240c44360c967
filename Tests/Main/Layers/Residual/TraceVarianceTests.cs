using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Variance of trace estimates by formula: the published numbers, and what samples show.</summary>
public sealed class TraceVarianceTests
{
    private const int D = 32, Draws = 20_000;

    [Theory]
    [InlineData(ProbeKind.Gaussian, 1, 29.59, 0.005)]
    [InlineData(ProbeKind.Rademacher, 1, 27.04, 0.005)]
    [InlineData(ProbeKind.Sphere, 1, 27.81, 0.005)]
    [InlineData(ProbeKind.Orthonormal, 1, 27.81, 0.005)]
    [InlineData(ProbeKind.Orthonormal, 2, 13.46, 0.005)]
    [InlineData(ProbeKind.Orthonormal, 4, 6.28, 0.005)]
    [InlineData(ProbeKind.Orthonormal, 8, 2.69, 0.005)]
    [InlineData(ProbeKind.Orthonormal, 16, 0.897, 0.0005)]
    [InlineData(ProbeKind.Orthonormal, 32, 0, 0)]
    [InlineData(ProbeKind.Rademacher, 16, 1.69, 0.005)]
    [InlineData(ProbeKind.Rademacher, 32, 0.845, 0.0005)]
    public void ThePublishedNumbersFollowFromOneMatrix(ProbeKind kind, int count, double expected, double rounding)
    {
        // |S|^2, sum s_ii^2 and t^2 as the first three numbers have them.
        double norm = 29.59 / 2, diagonal = norm - (27.04 / 2), trace2 = D * (norm - (27.81 * (D + 2) / (2 * D))), mean = Math.Sqrt(trace2) / D;
        double swing = Math.Sqrt((diagonal / D) - (mean * mean)), across = Math.Sqrt((norm - diagonal) / (D * (D - 1)));
        var a = new double[D * D];
        for (int i = 0; i < D; i++)
            for (int j = 0; j < D; j++)
                // A skew part changes nothing.
                a[(i * D) + j] = i == j ? mean + (i % 2 == 0 ? swing : -swing) : across + (i < j ? 0.3 : -0.3);
        Assert.InRange(HutchinsonTrace.VarianceOf(kind, count, a, D), expected - rounding, expected + rounding);
    }

    [Theory]
    [InlineData(ProbeKind.Gaussian, 1)]
    [InlineData(ProbeKind.Rademacher, 1)]
    [InlineData(ProbeKind.Sphere, 1)]
    [InlineData(ProbeKind.Orthonormal, 2)]
    [InlineData(ProbeKind.Orthonormal, 4)]
    [InlineData(ProbeKind.Orthonormal, 8)]
    [InlineData(ProbeKind.Orthonormal, 16)]
    [InlineData(ProbeKind.Rademacher, 16)]
    [InlineData(ProbeKind.Sphere, 5)]
    public void SamplesHaveTheVarianceOfTheFormula(ProbeKind kind, int count)
    {
        double[] a = LinearJacobian.Gaussian(D, 41);
        (double mean, double meanError, double variance, double varianceError) = LinearJacobian.Moments(Estimates(a, kind, count, 500, Draws / 500));
        double trace = 0;
        for (int i = 0; i < D; i++) trace += a[i * (D + 1)];
        Assert.InRange(mean, trace - (4 * meanError), trace + (4 * meanError));
        double formula = HutchinsonTrace.VarianceOf(kind, count, a, D);
        Assert.InRange(variance, formula - (4 * varianceError), formula + (4 * varianceError));
        // The kinds differ by more than the sample's error, or this would show little.
        Assert.True(varianceError < 0.02 * formula, $"{varianceError} of {formula}");
    }

    [Fact]
    public void AllDirectionsGiveTheTrace()
    {
        double[] a = LinearJacobian.Gaussian(D, 41), draws = Estimates(a, ProbeKind.Orthonormal, D, 200, 1);
        double trace = 0;
        for (int i = 0; i < D; i++) trace += a[i * (D + 1)];
        foreach (double v in draws) Assert.Equal(trace, v, 1e-12);
        Assert.Equal(0, HutchinsonTrace.VarianceOf(ProbeKind.Orthonormal, D, a, D));
    }

    [Theory]
    [InlineData(ProbeKind.Sphere)]
    [InlineData(ProbeKind.Orthonormal)]
    [InlineData(ProbeKind.Rademacher)]
    public void OneFeatureHasNoNoise(ProbeKind kind) => Assert.Equal(0, HutchinsonTrace.VarianceOf(kind, 1, [0.7], 1));

    [Theory]
    [InlineData(ProbeKind.Orthonormal, 3, 2)]
    [InlineData(ProbeKind.Gaussian, 0, 2)]
    [InlineData(ProbeKind.Gaussian, 1, 3)]
    public void WrongSizesAreRefused(ProbeKind kind, int count, int d)
        => Assert.Contains("HutchinsonTrace", Assert.Throws<ArgumentException>(() => HutchinsonTrace.VarianceOf(kind, count, [1.0, 2, 3, 4], d)).Message, StringComparison.Ordinal);

    private static double[] Estimates(double[] a, ProbeKind kind, int count, int rows, int steps)
        => LinearJacobian.Draws(a, D, rows, steps, new TruncatedLogDet<double>(1, new ProbeSettings(count, kind)), 5);
}
