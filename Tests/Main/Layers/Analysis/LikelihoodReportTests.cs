using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class LikelihoodReportTests
{
    [Fact]
    public void Moments_are_those_written_out_and_the_spectra_belong_to_them()
    {
        const int n = 700, d = 3;
        double[] x = Mixed(n, d, 5, [2, -7, 0.3]);
        var moments = DataMoments.Of(Table.FromDoubles("rows", n, d, x));
        double[] mean = new double[d], covariance = new double[d * d];
        for (int r = 0; r < n; r++)
            for (int i = 0; i < d; i++) mean[i] += x[r * d + i] / n;
        for (int r = 0; r < n; r++)
            for (int i = 0; i < d; i++)
                for (int j = 0; j < d; j++) covariance[i * d + j] += (x[r * d + i] - mean[i]) * (x[r * d + j] - mean[j]) / n;
        Dense.Close("mean", mean, moments.Mean.ToArray(), 1e-12);
        Dense.Close("covariance", covariance, moments.Covariance.ToArray(), 1e-12);
        double[] values = new double[d], second = [.. covariance];
        SymmetricEigen.Decompose<double>(covariance, d, values, new double[d * d]);
        Dense.Close("spectrum", [.. values.Reverse()], moments.CovarianceSpectrum.ToArray(), 1e-12);
        for (int i = 0; i < d; i++)
            for (int j = 0; j < d; j++) second[i * d + j] += mean[i] * mean[j];
        SymmetricEigen.Decompose<double>(second, d, values, new double[d * d]);
        Dense.Close("auto-correlation", [.. values.Reverse()], moments.AutoCorrelationSpectrum.ToArray(), 1e-12);
        Assert.Equal(3, moments.Rank);
        Assert.True(double.IsNaN(moments.PointBound));

        // A Gaussian that ignores the mean has to spend variance on it.
        LikelihoodReport report = LikelihoodReport.Of(Table.FromDoubles("rows", n, d, x));
        Assert.True(report.LinearOptimumWithoutBias < report.LinearOptimum - 0.5);
        // Under its own Gaussian the training data has the linear optimum.
        Assert.Equal(report.LinearOptimum!.Value, moments.UnderGaussianOf(moments), 1e-9);
    }

    [Fact]
    public void Integer_data_gets_its_noise_in_closed_form()
    {
        const int n = 400, d = 2, copies = 500;
        byte[] values = new byte[n * d];
        for (int i = 0; i < values.Length; i++) values[i] = (byte)((i * 7 + i / 3) % 17);
        LikelihoodReport report = LikelihoodReport.Of(Table.FromBytes("bytes", n, d, values, 17));
        var noisy = new double[n * copies * d];
        for (int i = 0; i < noisy.Length; i++) noisy[i] = values[i % values.Length];
        Dequantization.AddUniformNoise<double>(noisy, 3, 0, 0);
        LikelihoodReport simulated = LikelihoodReport.Of(Table.FromDoubles("noisy", n * copies, d, noisy));
        Assert.Equal(simulated.LinearOptimum!.Value, report.LinearOptimum!.Value, 1e-3);
        Assert.Equal(simulated.LinearOptimumWithoutBias!.Value, report.LinearOptimumWithoutBias!.Value, 1e-3);
        for (int i = 0; i < d; i++) Assert.Equal(simulated.Moments.Mean[i], report.Moments.Mean[i], 2e-3);
        double bound = 0;
        for (int r = 0; r < n; r++) bound += GaussianTheory.PointBound(d, Math.Pow(values[r * d] + 0.5, 2) + Math.Pow(values[r * d + 1] + 0.5, 2)) / n;
        Assert.Equal(bound, report.PointBound!.Value, 1e-9);
        Assert.Equal(-report.LinearOptimum!.Value / (2 * Math.Log(2)), report.BitsPerDim(report.LinearOptimum!.Value), 1e-12);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(8)]
    public void Too_few_rows_are_refused_with_their_rank(int n)
    {
        Table table = Table.FromDoubles("few", n, 8, Mixed(n, 8, 7));
        LikelihoodReport refused = LikelihoodReport.Of(table);
        Assert.Null(refused.LinearOptimum);
        Assert.Null(refused.VolumeFloor);
        Assert.Null(refused.LipschitzFloor);
        Assert.Equal(n - 1, refused.Moments.Rank);
        Assert.Contains($"rank {n - 1} of 8", refused.Refusal!, StringComparison.Ordinal);
        Assert.Contains($"N = {n} rows", refused.Refusal!, StringComparison.Ordinal);
        // Fewer factors than the rank leave noise for the rest.
        Assert.Equal(n - 1, refused.PpcaCurve.Count);
        Assert.All(refused.PpcaCurve, l => Assert.True(double.IsFinite(l)));

        LikelihoodReport given = LikelihoodReport.Of(table, options: new TheoryOptions { NoiseVariance = 0.01 });
        Assert.Null(given.Refusal);
        Assert.Equal(0.01, given.Floor);
        Assert.Equal(0.01, given.Eigenvalues[^1]);
        Assert.Equal(GaussianTheory.LinearOptimum(given.Eigenvalues), given.LinearOptimum!.Value, 1e-12);

        LikelihoodReport within = LikelihoodReport.Of(table, options: new TheoryOptions { Lipschitz = 4 });
        Assert.True(double.IsFinite(within.ConstrainedOptimum!.Value));
        Assert.Null(LikelihoodReport.Of(table, options: new TheoryOptions { InverseLipschitz = 4 }).ConstrainedOptimum);
    }

    [Fact]
    public void Dependent_columns_are_refused_however_many_rows_there_are()
    {
        double[] x = Mixed(3000, 4, 9);
        for (int r = 0; r < 3000; r++) x[r * 4 + 3] = 2 * x[r * 4] - x[r * 4 + 1];
        LikelihoodReport report = LikelihoodReport.Of(Table.FromDoubles("sum", 3000, 4, x));
        Assert.Equal(3, report.Moments.Rank);
        Assert.Contains("rank 3 of 4", report.Refusal!, StringComparison.Ordinal);
        Assert.DoesNotContain("N = ", report.Refusal!, StringComparison.Ordinal);
        // Integers of too few rows still have their noise.
        Assert.NotNull(LikelihoodReport.Of(Table.FromBytes("two", 2, 4, [0, 3, 1, 0, 2, 1, 1, 0], 4)).LinearOptimum);
    }

    [Fact]
    public void Bounds_and_known_entropy_are_taken_up()
    {
        DataSet toy = Toys.Open("toy:checkerboard");
        LikelihoodReport report = LikelihoodReport.Of(toy, new TheoryOptions { Lipschitz = 2, InverseLipschitz = 3 });
        Assert.Equal(toy.Toy!.Entropy, report.Entropy);
        Assert.True(report.LinearOptimum < -report.Entropy);
        Assert.True(report.ConstrainedOptimum <= report.LinearOptimum);
        Assert.Equal(2 * Math.Log(2) - Math.Log(2 * Math.PI), report.PointwiseCeiling!.Value, 1e-12);
        Assert.Equal(Math.Log(2 * Math.PI * Math.E) - toy.Toy!.Entropy, report.ExactVolume!.Value, 1e-12);
        Assert.True(report.ExactVolume > report.VolumeFloor);
        Assert.Equal(Math.Exp(report.ExactVolume!.Value / 2), report.LipschitzFloor!.Value, 1e-12);
        Assert.Equal(report.LinearOptimum!.Value, report.GaussianOnTest!.Value, 0.05);
        TempFolder.AssertBadInput(() => LikelihoodReport.Of(toy, new TheoryOptions { Lipschitz = 0.5, InverseLipschitz = 1 }), "product");
        TempFolder.AssertBadInput(() => LikelihoodReport.Of(toy, new TheoryOptions { NoiseVariance = -1 }), "noise variance");
        TempFolder.AssertBadInput(() => DataMoments.Of(Table.FromDoubles("bad", 2, 1, [1, double.NaN])), "row 1");
    }

    // Normal rows times a fixed matrix, plus a mean.
    private static double[] Mixed(int n, int d, ulong seed, double[]? mean = null)
    {
        double[] e = new PhiloxNormals(seed).Take(n * d), x = new double[n * d];
        for (int r = 0; r < n; r++)
            for (int i = 0; i < d; i++)
            {
                x[r * d + i] = mean?[i] ?? 0;
                for (int j = 0; j < d; j++) x[r * d + i] += (i == j ? 1.5 : 0.4 / (1 + i + 2 * j)) * e[r * d + j];
            }

        return x;
    }
}
