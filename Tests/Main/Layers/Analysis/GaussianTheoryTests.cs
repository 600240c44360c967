using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Closed forms against printed numbers, against formulas written out again, and against what they claim of maps and samples.</summary>
public sealed class GaussianTheoryTests
{
    private static readonly double[] Lambda = [9, 4, 1, 0.25, 0.01, 1e-4];

    [Fact]
    public void Linear_optimum_and_ppca_have_the_known_values()
    {
        double optimum = GaussianTheory.LinearOptimum(Lambda);
        Assert.Equal(-2.704488209, optimum, 1e-9);
        // The product of the eigenvalues is 9e-6.
        Assert.Equal(-3 * Math.Log(2 * Math.PI * Math.E) - 0.5 * Math.Log(9e-6), optimum, 1e-12);
        double[] gaps = [8.406261, 7.034536, 5.290696, 3.932950, 1.619388, 0], curve = GaussianTheory.PpcaCurve(Lambda);
        Assert.Equal(7, curve.Length);
        for (int q = 0; q <= 5; q++)
        {
            Assert.Equal(gaps[q], optimum - curve[q], 5.001e-7);
            // (D - q)/2 log(arithmetic mean / geometric mean) of what is discarded.
            double[] discarded = Lambda[q..];
            double arithmetic = discarded.Average(), geometric = Math.Pow(discarded.Aggregate((a, b) => a * b), 1.0 / discarded.Length);
            Assert.Equal((6 - q) / 2.0 * Math.Log(arithmetic / geometric), optimum - curve[q], 1e-9);
            Assert.Equal(curve[q], GaussianTheory.Ppca([.. Lambda.Reverse()], q));
        }

        Assert.Equal(optimum, curve[6], 1e-12);
    }

    [Theory]
    [InlineData(10, -4.512073)]
    [InlineData(3, -6.460469)]
    [InlineData(2, -7.465684)]
    [InlineData(1, -12.643681)]
    public void Constrained_optimum_has_the_known_values_and_no_map_within_the_bounds_is_better(double bound, double known)
    {
        double found = GaussianTheory.ConstrainedOptimum(Lambda, bound, bound);
        Assert.Equal(known, found, 5.001e-7);
        double written = -6 / 2.0 * Math.Log(2 * Math.PI);
        foreach (double lambda in Lambda)
        {
            double a = Math.Min(Math.Max(Math.Pow(lambda, -0.5), 1 / bound), bound);
            written += Math.Log(a) - 0.5 * a * a * lambda;
        }

        Assert.Equal(written, found, 1e-9);
        // Rotated axes and other singular values within the bounds.
        var normals = new PhiloxNormals(3);
        for (int trial = 0; trial < 200; trial++)
        {
            double[] singular = new double[6], u = Orthonormal(normals.Take(36)), raw = normals.Take(6);
            for (int i = 0; i < 6; i++) singular[i] = Math.Exp(Math.Log(bound) * Math.Tanh(raw[i]));
            double ll = -3 * Math.Log(2 * Math.PI);
            for (int i = 0; i < 6; i++)
            {
                double variance = 0;
                for (int j = 0; j < 6; j++) variance += u[i * 6 + j] * u[i * 6 + j] * Lambda[j];
                ll += Math.Log(singular[i]) - 0.5 * singular[i] * singular[i] * variance;
            }

            Assert.True(ll <= found + 1e-12, $"a map within {bound} has {ll}, more than {found}");
        }
    }

    [Fact]
    public void Wide_bounds_give_the_linear_optimum_back_and_one_sided_ones_work()
    {
        Assert.Equal(GaussianTheory.LinearOptimum(Lambda), GaussianTheory.ConstrainedOptimum(Lambda, 100, 3), 1e-12);
        Assert.Equal(GaussianTheory.LinearOptimum(Lambda), GaussianTheory.ConstrainedOptimum(Lambda, double.PositiveInfinity, double.PositiveInfinity), 1e-12);
        // A bound on the map alone also bounds the likelihood of a singular covariance; one on the inverse does not.
        double[] singular = [2, 0];
        Assert.Equal(-Math.Log(2 * Math.PI) - 0.5 * Math.Log(2) - 0.5 + Math.Log(7), GaussianTheory.ConstrainedOptimum(singular, 7, double.PositiveInfinity), 1e-12);
        Assert.Equal(double.PositiveInfinity, GaussianTheory.ConstrainedOptimum(singular, double.PositiveInfinity, 7));
        Assert.Equal(double.PositiveInfinity, GaussianTheory.LinearOptimum(singular));
        Assert.Equal([-Math.Log(2 * Math.PI) - 1, double.PositiveInfinity, double.PositiveInfinity], GaussianTheory.PpcaCurve(singular));
    }

    [Fact]
    public void Pointwise_ceiling_is_reached_by_the_scaled_identity_at_its_centre_alone()
    {
        double ceiling = GaussianTheory.PointwiseCeiling(3, 5);
        double centre = 3 * Math.Log(5) - 1.5 * Math.Log(2 * Math.PI);
        Assert.Equal(centre, ceiling, 1e-12);
        using var flow = new Flow<double>([new Linear<double>(3), new SmoothLeakyRelu<double>(3, 0.3), new Linear<double>(3)], new StandardNormal<double>(3), 4, new ReferenceBackend<double>());
        // |W1|, |W2| by Frobenius, the activation has slopes up to 1.
        double lipschitz = 1;
        foreach (int layer in (int[])[0, 2]) lipschitz *= Math.Sqrt(flow.Store.Read(flow.Store.Find($"layers.{layer}.weight")).Sum(w => w * w));
        foreach (double log in flow.LogProb(new PhiloxNormals(5).Take(300))) Assert.True(log <= GaussianTheory.PointwiseCeiling(3, lipschitz));
    }

    [Fact]
    public void Volume_of_an_exact_map_is_above_its_floor_and_equal_for_a_Gaussian_alone()
    {
        double gaussianEntropy = 3 * Math.Log(2 * Math.PI * Math.E) + 0.5 * Math.Log(9e-6);
        Assert.Equal(GaussianTheory.VolumeFloor(Lambda), GaussianTheory.ExactVolume(6, gaussianEntropy), 1e-9);
        Assert.Equal(-0.5 * Math.Log(9e-6), GaussianTheory.VolumeFloor(Lambda), 1e-12);
        // Uniform on [0, 1): entropy 0, variance 1/12; Laplace of scale b: entropy 1 + log 2b, variance 2 b^2.
        Assert.True(GaussianTheory.ExactVolume(1, 0) > GaussianTheory.VolumeFloor([1.0 / 12]));
        foreach (double b in (double[])[0.1, 1, 20]) Assert.True(GaussianTheory.ExactVolume(1, 1 + Math.Log(2 * b)) > GaussianTheory.VolumeFloor([2 * b * b]));
        Assert.Equal(0.5 * Math.Log(2 * Math.PI * Math.E), GaussianTheory.ExactVolume(1, 0), 1e-12);
        Assert.Equal(Math.Pow(9e-6, -1.0 / 12), GaussianTheory.LipschitzFloor(6, GaussianTheory.VolumeFloor(Lambda)), 1e-9);
    }

    [Fact]
    public void An_exact_map_of_uniform_data_has_the_volume_that_the_entropy_says()
    {
        // z = normal quantile of u carries U(0, 1) to N(0, 1); log dz/du = 1/2 log 2 pi + z^2/2, averaged by Simpson over z.
        double volume = 0, step = 0.01;
        for (int i = -1000; i <= 1000; i++)
        {
            double z = i * step, density = Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI);
            volume += step / 3 * (Math.Abs(i) == 1000 ? 1 : i % 2 == 0 ? 2 : 4) * density * (0.5 * Math.Log(2 * Math.PI) + 0.5 * z * z);
        }

        Assert.Equal(volume, GaussianTheory.ExactVolume(1, 0), 1e-9);
    }

    [Fact]
    public void Memorising_bound_is_the_linear_optimum_of_simulated_noise_around_one_row()
    {
        double[] row = [3, 0, 16, 7];
        double square = row.Sum(v => (v + 0.5) * (v + 0.5));
        // R = (x + 1/2)(x + 1/2)^T + I/12: eigenvalues |x + 1/2|^2 + 1/12 once, 1/12 for the rest.
        double[] spectrum = [square + 1.0 / 12, 1.0 / 12, 1.0 / 12, 1.0 / 12];
        double bound = GaussianTheory.PointBound(4, square);
        Assert.Equal(GaussianTheory.LinearOptimum(spectrum), bound, 1e-9);
        const int draws = 200_000;
        double[] noise = new double[draws * 4], second = new double[16], values = new double[4];
        RandomFill.Uniform<double>(9, 0, 0, noise);
        for (int n = 0; n < draws; n++)
            for (int i = 0; i < 4; i++)
                for (int j = 0; j < 4; j++) second[i * 4 + j] += (row[i] + noise[n * 4 + i]) * (row[j] + noise[n * 4 + j]) / draws;
        SymmetricEigenvalues.Compute<double>(second, 4, values);
        for (int i = 0; i < 3; i++) Assert.Equal(1.0 / 12, values[i], 1e-3);
        Assert.Equal(square + 1.0 / 12, values[3], 0.05);
        Assert.Equal(bound, GaussianTheory.LinearOptimum(values), 0.01);
        // In bits per dimension it tends to 1/2 log2(2 pi e / 12).
        Assert.Equal(0.2546, 0.5 * Math.Log2(2 * Math.PI * Math.E / 12), 5e-5);
        Assert.Equal(0.2546, -GaussianTheory.PointBound(1 << 20, 1e6) / ((1 << 20) * Math.Log(2)), 1e-3);
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        Assert.Contains("eigenvalue 1 is -1", Assert.Throws<ArgumentException>(() => GaussianTheory.LinearOptimum([1, -1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => GaussianTheory.VolumeFloor([double.NaN]));
        Assert.Contains("7 factors of 6", Assert.Throws<ArgumentException>(() => GaussianTheory.Ppca(Lambda, 7)).Message, StringComparison.Ordinal);
        Assert.Contains("product 1 or more", Assert.Throws<ArgumentException>(() => GaussianTheory.ConstrainedOptimum(Lambda, 0.5, 1.5)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => GaussianTheory.PointwiseCeiling(0, 1));
        Assert.Throws<ArgumentException>(() => GaussianTheory.PointBound(3, -1));
    }

    // Gram-Schmidt on the rows of a 6 x 6 matrix.
    private static double[] Orthonormal(double[] a)
    {
        for (int i = 0; i < 6; i++)
        {
            Span<double> row = a.AsSpan(i * 6, 6);
            for (int j = 0; j < 2 * i; j++)
            {
                ReadOnlySpan<double> earlier = a.AsSpan(j % i * 6, 6);
                VectorOps.AddScaled(-VectorOps.Dot<double>(row, earlier), earlier, row);
            }

            VectorOps.Scale(1 / Math.Sqrt(VectorOps.SumSquares<double>(row)), row, row);
        }

        return a;
    }
}
