using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Hutch++: exact where the sketch holds the whole range, unbiased elsewhere, quieter than as many plain probes where the spectrum decays.</summary>
public sealed class HutchPlusPlusTests
{
    private const int D = 24;

    [Fact]
    public void ALowRankIsExact()
    {
        double[] j = Decaying(i => i < 3 ? 0.8 - (0.2 * i) : 0);
        double trace = Trace(j);
        foreach (double v in Estimates(j, new ProbeSettings(2, ProbeKind.Gaussian, 3), 50)) Assert.Equal(trace, v, 1e-12);
        // One direction too few, and there is noise.
        Assert.Contains(Estimates(j, new ProbeSettings(2, ProbeKind.Gaussian, 2), 50), v => Math.Abs(v - trace) > 1e-3);
        // The series has the range of its first term.
        double logDet = new ExactLogDet<double>().Moments(j, D).Mean;
        foreach (double v in LinearJacobian.Draws(j, D, 10, 1, new TruncatedLogDet<double>(200, new ProbeSettings(1, ProbeKind.Rademacher, 3)), 4)) Assert.Equal(logDet, v, 1e-11);
    }

    [Theory]
    [InlineData(ProbeKind.Rademacher)]
    [InlineData(ProbeKind.Gaussian)]
    [InlineData(ProbeKind.Sphere)]
    [InlineData(ProbeKind.Orthonormal)]
    public void TheMeanIsTheTraceForTwentySeeds(ProbeKind kind)
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            double[] j = LinearJacobian.Gaussian(D, seed);
            (double mean, double error, _, _) = LinearJacobian.Moments(Estimates(j, new ProbeSettings(2, kind, 4), 2000, seed));
            Assert.True(Math.Abs(mean - Trace(j)) < 4 * error, $"seed {seed}: {mean} +- {error}, exact {Trace(j)}");
        }
    }

    [Fact]
    public void ADecayingSpectrumHasLessNoiseForTheSameProducts()
    {
        const int Products = 15;
        double[] j = Decaying(i => 0.9 * Math.Pow(0.6, i));
        double plain = HutchinsonTrace.VarianceOf(ProbeKind.Rademacher, Products, j, D);
        (_, _, double variance, double error) = LinearJacobian.Moments(Estimates(j, HutchPlusPlus.Thirds(Products, ProbeKind.Rademacher), 2000));
        Assert.True(variance + (4 * error) < 0.2 * plain, $"{variance} +- {error}, plain {plain}");
        // A flat spectrum gains nothing: said in the page, seen here.
        double[] flat = LinearJacobian.Gaussian(D, 2);
        (_, _, double same, _) = LinearJacobian.Moments(Estimates(flat, HutchPlusPlus.Thirds(Products, ProbeKind.Rademacher), 2000));
        Assert.True(same > HutchinsonTrace.VarianceOf(ProbeKind.Rademacher, Products, flat, D), $"{same}");
    }

    [Fact]
    public void AZeroJacobianIsZero() => Assert.All(Estimates(new double[D * D], new ProbeSettings(1, ProbeKind.Gaussian, 5), 20), v => Assert.Equal(0, v));

    [Fact]
    public void AllDirectionsAreTheTrace()
    {
        double[] j = LinearJacobian.Gaussian(D, 5);
        foreach (double v in Estimates(j, new ProbeSettings(1, ProbeKind.Gaussian, D), 20)) Assert.Equal(Trace(j), v, 1e-12);
    }

    [Fact]
    public void NonsenseIsRefused()
    {
        Assert.Contains("at least 3", Assert.Throws<ArgumentException>(() => HutchPlusPlus.Thirds(2, ProbeKind.Sphere)).Message, StringComparison.Ordinal);
        Assert.Contains("the sketch is 0", Assert.Throws<ArgumentException>(() => Estimates([1.0], new ProbeSettings(1, ProbeKind.Sphere), 1, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("sketch is 2 with 1 features", Assert.Throws<ArgumentException>(() => Estimates([1.0], new ProbeSettings(1, ProbeKind.Sphere, 2), 1, 1, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("sketch is -1", Assert.Throws<ArgumentException>(() => new TruncatedLogDet<double>(2, new ProbeSettings(1, ProbeKind.Sphere, -1))).Message, StringComparison.Ordinal);
        Assert.Equal(new ProbeSettings(4, ProbeKind.Sphere, 3), HutchPlusPlus.Thirds(10, ProbeKind.Sphere));
    }

    private static double[] Estimates(double[] j, ProbeSettings probes, int draws, ulong key = 6, int d = D)
        => LinearJacobian.Draws(j, d, draws, 1, (tape, output, input, step) => HutchPlusPlus.Record(tape, output, input, probes, key, step));

    private static double Trace(double[] j) => Enumerable.Range(0, D).Sum(i => j[i * (D + 1)]);

    // U diag(s) U^T with U from a Gaussian, a little turned so that it is not symmetric.
    private static double[] Decaying(Func<int, double> value)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] u = new double[D * D], w = new double[D * D], j = new double[D * D];
        tape.Read(Probes.DrawAll(tape, ProbeKind.Orthonormal, D, 1, D, 1, 1), u);
        tape.Read(Probes.DrawAll(tape, ProbeKind.Orthonormal, D, 1, D, 1, 2), w);
        for (int i = 0; i < D; i++)
            for (int r = 0; r < D; r++)
                for (int c = 0; c < D; c++) j[(r * D) + c] += value(i) * u[(i * D) + r] * ((0.8 * u[(i * D) + c]) + (0.6 * w[(i * D) + c])) / D;
        return j;
    }
}
