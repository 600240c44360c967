using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The learned-inverse report against matrices whose numbers are known in closed form.</summary>
public sealed class LearnedInverseMonitorTests
{
    [Fact]
    public void CosineIsOneForAMultipleAndZeroForOrthogonal()
    {
        Assert.Equal(1, LearnedInverseMonitor<double>.Cosine([1, 2, 3, 4], [2.5, 5, 7.5, 10]), 14);
        Assert.Equal(-1, LearnedInverseMonitor<double>.Cosine([1, 2, 3, 4], [-1, -2, -3, -4]), 14);
        Assert.Equal(0, LearnedInverseMonitor<double>.Cosine([1, 0, 0, 0], [0, 0, 0, 3]), 14);
        Assert.Equal(1 / Math.Sqrt(2), LearnedInverseMonitor<double>.Cosine([1, 0, 0, 1], [1, 0, 0, 0]), 14);
    }

    [Fact]
    public void InverseOfAKnownMatrix()
    {
        double[] inverse = LearnedInverseMonitor<double>.Inverse([4, 7, 2, 6], 2);
        double[] expected = [0.6, -0.7, -0.2, 0.4];
        for (int i = 0; i < 4; i++) Assert.Equal(expected[i], inverse[i], 14);
        Assert.Throws<SingularMatrixException>(() => LearnedInverseMonitor<double>.Inverse([1, 2, 2, 4], 2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(200)]
    public void SmallestEigenvalueOfAMatrixMadeFromKnownOnes(int d)
    {
        // A Householder reflection H: H diag(l) H has the eigenvalues l, and is full.
        var u = new double[d];
        RandomFill.Gaussian<double>(7, (ulong)d, 0, u);
        double length = Math.Sqrt(u.Sum(v => v * v));
        for (int i = 0; i < d; i++) u[i] /= length;
        double[] h = new double[d * d], a = new double[d * d];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) h[i * d + j] = (i == j ? 1 : 0) - 2 * u[i] * u[j];
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++)
                for (int k = 0; k < d; k++) a[i * d + j] += h[i * d + k] * (0.07 + 0.05 * k) * h[k * d + j];
        double smallest = LearnedInverseMonitor<double>.SmallestEigenvalue(a, d);
        Assert.InRange(smallest, 0.07 * (1 - 1e-5), 0.07 * (1 + 1e-5));
    }

    [Fact]
    public void SingularCovarianceHasSmallestEigenvalueZero()
    {
        Assert.InRange(LearnedInverseMonitor<double>.SmallestEigenvalue([1, 1, 1, 1], 2), 0, 1e-15);
        Assert.Equal(0, LearnedInverseMonitor<double>.SmallestEigenvalue(new double[150 * 150], 150));
    }

    [Theory]
    [InlineData("published", 0, 2.0, true)]
    [InlineData("published", 0, 4.0, false)]
    [InlineData("published", -1, 0.1, true)]
    [InlineData("published", -1, 0.2, false)]
    [InlineData("reconstruction", 0, 1e-6, false)]
    public void ReportOfAFlowWithKnownMatricesAndData(string form, int probes, double weight, bool below)
    {
        // Four rows with covariance diag(1/25, 4) and mean (1, -2): 1/(8 s2min) = 3.125.
        double[] rows = [1.2, -2, 0.8, -2, 1, -2 + (2 * Math.Sqrt(2)), 1, -2 - (2 * Math.Sqrt(2))];
        rows[0] = 1 + (0.2 * Math.Sqrt(2));
        rows[2] = 1 - (0.2 * Math.Sqrt(2));
        Table table = Table.FromDoubles("known", 4, 2, rows);
        SelfNormalizing<double> strategy = form == "published" ? SelfNormalizing<double>.Published(weight, probes) : SelfNormalizing<double>.ReconstructionOnly(weight, probes);
        var linear = new Linear<double>(2, strategy);
        using var flow = new Flow<double>([linear], new StandardNormal<double>(2), 0, new SimdBackend<double>(1));
        flow.Store.Write(linear.Site.Weight, [2, 0, 0, 0.5]);
        flow.Store.Write(linear.Site.InverseWeight, [0.5, 0, 0, 3]);
        using var monitor = new LearnedInverseMonitor<double>(flow, table, 0);
        LearnedInverseReport report = Assert.Single(monitor.Measure());

        Assert.Equal(0, report.Layer);
        Assert.Equal(weight, report.Weight);
        // R W - I = diag(0, 0.5); E x2^2 = 4 + 4.
        Assert.Equal(0.25 * 8, report.Reconstruction, 12);
        // <(0.5, 3), (0.5, 2)> / (|.| |.|).
        Assert.Equal(6.25 / Math.Sqrt(9.25 * 4.25), report.Cosine, 12);
        Assert.Equal(4, report.Condition, 12);
        Assert.Equal(0.04, report.SmallestVariance, 12);
        Assert.Equal(form != "published" ? 0 : probes == 0 ? 3.125 : 0.125, report.Threshold, 10);
        Assert.Equal(below, report.IsBelowThreshold);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReportOfAConvolutionWithAKnownKernel(bool circular)
    {
        // One channel, a kernel of one tap in its middle: w = 2, r = 0.75, so that r * w * x - x = x / 2.
        double[] x = Dense.Random(5, 7, 6);
        using var flow = new Flow<double>([new Conv2d<double>(new ImageShape(1, 2, 3), 3, circular, SelfNormalizing<double>.Published(2))], new StandardNormal<double>(6), 0, new SimdBackend<double>(1));
        flow.Store.Write(flow.Store.Find("layers.0.weight"), [0, 0, 0, 0, 2, 0, 0, 0, 0]);
        flow.Store.Write(flow.Store.Find("layers.0.inverse_weight"), [0, 0, 0, 0, 0.75, 0, 0, 0, 0]);
        using var monitor = new LearnedInverseMonitor<double>(flow, Table.FromDoubles("known", 7, 6, x), 0);
        LearnedInverseReport report = Assert.Single(monitor.Measure());
        Assert.Equal(x.Sum(v => v * v) / 4 / 7, report.Reconstruction, 12);
        Assert.Equal(2, report.Weight);
        Assert.Equal("snf-published", report.Strategy);
        Assert.False(report.IsBelowThreshold);
        // A kernel wrapped around a side of 2 or 3 has other taps on the same pixels; without wrapping only the middle one counts.
        if (!circular) Assert.Equal(1, report.Cosine, 12);

        flow.Store.Write(flow.Store.Find("layers.0.inverse_weight"), [0, 0, 0, 0.75, 0.75, 0, 0, 0, 0]);
        LearnedInverseReport wrong = Assert.Single(monitor.Measure());
        // The tap beside the middle stands at 2 rows of 2 places against 2 of 3.
        if (!circular) Assert.Equal(6 / Math.Sqrt((6 * 6) + (4 * 4)), wrong.Cosine, 12);
        Assert.True(wrong.Reconstruction > report.Reconstruction && wrong.Cosine < report.Cosine);
    }

    [Fact]
    public void FlowWithoutLearnedInverseHasNothingToReport()
    {
        using var flow = new Flow<float>([new Linear<float>(3, new ExactLu<float>())], new StandardNormal<float>(3), 0, new SimdBackend<float>(1));
        using var monitor = new LearnedInverseMonitor<float>(flow, Table.FromDoubles("t", 1, 3, [1, 2, 3]), 0);
        Assert.False(monitor.HasLayers);
        Assert.Empty(monitor.Measure());
    }
}
