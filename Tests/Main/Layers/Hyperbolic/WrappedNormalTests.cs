using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Wrapped normals against forty-digit values, at any size of everything, and what their measures mean.</summary>
public sealed class WrappedNormalTests
{
    [Theory]
    [InlineData(1, new[] { 1.2217484963986273, 0.61087424819931365 }, new[] { 0.5, 2.0 }, new[] { 1.3182660202471085, 0.22687178363491474 }, -2.0792019210222636)]
    [InlineData(2, null, new[] { 0.5, 2.0, 1.0 }, new[] { 1.3299476976450414, 0.13577772731474914, -0.92798081581010312 }, -3.8157171053662257)]
    public void GoldenDensities(double radius, double[]? place, double[] scale, double[] w, double expected)
    {
        // The second location is given by its tangent vector.
        HyperbolicCoordinates coordinates = place is null ? HyperbolicCoordinates.Tangent : HyperbolicCoordinates.Spatial;
        double[] loc = place ?? [1, 0.5, -2], logScale = Array.ConvertAll(scale, Math.Log);
        double wide = LogProb(new WrappedNormal<double>(w.Length, loc, logScale, radius, coordinates: coordinates, measure: HyperbolicMeasure.Riemannian), w)[0];
        Assert.True(Math.Abs(wide - expected) <= 1e-14 * Math.Abs(expected), $"{wide:R}, expected {expected:R}");
        double narrow = LogProb(new WrappedNormal<float>(w.Length, loc, logScale, radius, coordinates: coordinates, measure: HyperbolicMeasure.Riemannian), w)[0];
        Assert.True(Math.Abs(narrow - expected) <= 1e-6 * Math.Abs(expected), $"{narrow:R}, expected {expected:R}");
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void TheTwoMeasuresDifferByTheVolumeAtThePoint(double radius)
    {
        double[] w = new PhiloxNormals(3).Take(12), loc = [0.3, -1, 0.5], logScale = [-0.2, 0.4, 0];
        double[] tangent = LogProb(new WrappedNormal<double>(3, loc, logScale, radius), w);
        double[] riemannian = LogProb(new WrappedNormal<double>(3, loc, logScale, radius, measure: HyperbolicMeasure.Riemannian), w);
        for (int r = 0; r < 4; r++)
        {
            double length = Math.Sqrt(w[3 * r] * w[3 * r] + w[3 * r + 1] * w[3 * r + 1] + w[3 * r + 2] * w[3 * r + 2]) / radius;
            Assert.Equal(2 * Math.Log(Math.Sinh(length) / length), tangent[r] - riemannian[r], 1e-12);
        }
    }

    [Fact]
    public void AtTheOriginItIsTheNormalOfItsCoordinates()
    {
        double[] w = new PhiloxNormals(4).Take(20), logScale = [0.1, -0.4, 0.6, 0];
        double[] wrapped = LogProb(new WrappedNormal<double>(4, [], logScale, 0.5), w), plain = LogProb(new DiagonalNormal<double>(4, [], logScale), w);
        for (int r = 0; r < plain.Length; r++) Assert.Equal(plain[r], wrapped[r], 1e-13);
    }

    /// <summary>Divergence between two laws, sample by sample: the same by either measure.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void LogRatiosDoNotDependOnTheMeasure(double radius)
    {
        foreach (int n in (int[])[2, 3, 6])
        {
            var random = new PhiloxNormals(17);
            double[] locP = random.Take(n), locQ = random.Take(n), scaleP = random.Take(n), scaleQ = random.Take(n), w = Draw(new WrappedNormal<double>(n, locP, scaleP, radius), 200);
            double[] Ratio(HyperbolicMeasure measure)
            {
                double[] p = LogProb(new WrappedNormal<double>(n, locP, scaleP, radius, measure: measure), w), q = LogProb(new WrappedNormal<double>(n, locQ, scaleQ, radius, measure: measure), w);
                return [.. p.Zip(q, (a, b) => a - b)];
            }

            double[] tangent = Ratio(HyperbolicMeasure.Tangent), riemannian = Ratio(HyperbolicMeasure.Riemannian);
            for (int i = 0; i < tangent.Length; i++)
                Assert.True(Math.Abs(tangent[i] - riemannian[i]) <= 1e-10 * Math.Max(1, Math.Abs(tangent[i])), $"R {radius}, n {n}, sample {i}: {tangent[i]:R} and {riemannian[i]:R}");
        }
    }

    [Fact]
    public void EverythingStaysFinite()
    {
        foreach (double radius in (double[])[1e-5, 1, 1e5])
            foreach (int n in (int[])[3, 7, 41])
                foreach (double scale in (double[])[0.01, 1, 100])
                {
                    double[] loc = [.. new PhiloxNormals(5).Take(n).Select(v => radius * v)], logScale = Enumerable.Repeat(Math.Log(scale), n).ToArray();
                    Finite<double>(n, loc, logScale, radius, $"double, R {radius}, n {n}, scale {scale}");
                    Finite<float>(n, loc, logScale, radius, $"float, R {radius}, n {n}, scale {scale}");
                }
    }

    [Fact]
    public void AFullCopyOfItselfAsAMixtureIsItself()
    {
        double[] loc = [0.4, -1, 0.2], logScale = [-0.3, 0.2, 0], w = new PhiloxNormals(8).Take(30);
        double[] one = LogProb(new WrappedNormal<double>(3, loc, logScale, 0.7), w);
        double[] two = LogProb(new WrappedNormalMixture<double>(3, 2, [.. loc, .. loc], [.. logScale, .. logScale], [0.3, -1], radius: 0.7), w);
        for (int r = 0; r < one.Length; r++) Assert.Equal(one[r], two[r], 1e-12);
    }

    [Fact]
    public void ALocationInTheDiskIsRefused()
        => Assert.Contains("Poincare", Assert.Throws<ArgumentException>(() => new WrappedNormal<double>(2, coordinates: HyperbolicCoordinates.Poincare)).Message, StringComparison.Ordinal);

    private static void Finite<T>(int n, double[] loc, double[] logScale, double radius, string where) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(1);
        var q = new WrappedNormal<T>(n, loc, logScale, radius);
        using var store = new ParameterStore<T>(backend);
        q.Attach(store, "base");
        store.Build();
        using var tape = new Tape<T>(backend, store);
        Var w = q.Sample(tape, 20, 6, 1), logProb = q.LogProb(tape, w);
        T[] samples = new T[w.Length], values = new T[20];
        tape.Read(w, samples);
        tape.Read(logProb, values);
        Assert.All(samples, v => Assert.True(T.IsFinite(v), where));
        Assert.All(values, v => Assert.True(T.IsFinite(v), where));
        tape.Backward(tape.Sum(logProb));
        foreach (ParameterStore<T>.Entry e in store.Parameters) Assert.All(store.ReadGradient(e.Var), v => Assert.True(T.IsFinite(v), $"{where}: gradient of {e.Name}"));
    }

    private static double[] LogProb<T>(IDistribution<T> p, double[] x) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(1);
        using var store = new ParameterStore<T>(backend);
        p.Attach(store, "base");
        store.Build();
        using var tape = new Tape<T>(backend, store);
        T[] values = new T[x.Length / p.Dimension];
        tape.Read(p.LogProb(tape, tape.Input(Array.ConvertAll(x, v => T.CreateTruncating(v)), values.Length, p.Dimension)), values);
        return Array.ConvertAll(values, v => double.CreateTruncating(v));
    }

    private static double[] Draw(IDistribution<double> p, int count)
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        p.Attach(store, "base");
        store.Build();
        return DistributionConformanceChecks.Draw(p, backend, store, count, 12, 3);
    }
}
