using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed class GradientClipTests
{
    [Theory]
    [InlineData("reference", GradientNorm.Two)]
    [InlineData("reference", GradientNorm.Infinity)]
    [InlineData("simd", GradientNorm.Two)]
    [InlineData("simd", GradientNorm.Infinity)]
    public void ShortGradientsAreLeftToTheBit(string backend, GradientNorm norm)
    {
        double[] gradient = [0.1, -0.7, 0.3];
        double expected = norm == GradientNorm.Two ? Math.Sqrt(0.59) : 0.7;
        (double total, double[] after) = Apply<double>(backend, gradient, 0.8, norm);
        Assert.Equal(expected, total, 1e-15);
        Assert.Equal(gradient, after);
        (_, double[] clipped) = Apply<double>(backend, gradient, 0.35, norm);
        for (int i = 0; i < 3; i++) Assert.Equal(gradient[i] * 0.35 / (expected + 1e-6), clipped[i], 1e-15);
    }

    [Theory]
    [InlineData(double.NaN, GradientNorm.Two)]
    [InlineData(double.NaN, GradientNorm.Infinity)]
    [InlineData(double.PositiveInfinity, GradientNorm.Two)]
    [InlineData(double.NegativeInfinity, GradientNorm.Infinity)]
    public void ANonFiniteNormIsReturnedAndNothingChanged(double bad, GradientNorm norm)
    {
        foreach (string backend in (string[])["reference", "simd"])
            foreach (int at in (int[])[0, 9, 18])
            {
                double[] gradient = [.. Enumerable.Range(1, 19).Select(i => (double)i)];
                gradient[at] = bad;
                (double total, double[] after) = Apply<double>(backend, gradient, 1, norm);
                Assert.Equal(double.IsNaN(bad) ? double.NaN : double.PositiveInfinity, total);
                Assert.Equal(gradient, after);
            }
    }

    [Fact]
    public void FloatSquaresDoNotOverflow()
    {
        // 1e30 squared is beyond float.
        (double total, double[] after) = Apply<float>("simd", [3e30, -4e30], 1, GradientNorm.Two);
        Assert.Equal(1, total / 5e30, 1e-6);
        Assert.Equal(0.6, after[0], 1e-6);
        Assert.Equal(-0.8, after[1], 1e-6);
    }

    [Fact]
    public void Norm2HoldsForAllLengths()
    {
        for (int length = 0; length <= 257; length++) NormOf(length);
        foreach (int length in (int[])[PlaneNorm<float>.Chunk - 1, PlaneNorm<float>.Chunk, PlaneNorm<float>.Chunk + 1, 3 * PlaneNorm<float>.Chunk + 5]) NormOf(length);
    }

    [Fact]
    public void AnInfiniteLimitOnlyMeasures()
    {
        (double total, double[] after) = Apply<double>("simd", [3, 4], double.PositiveInfinity, GradientNorm.Two);
        Assert.Equal(5, total);
        Assert.Equal([3, 4], after);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void AUselessLimitIsRefused(double limit)
        => Assert.Contains("must be more than 0", Assert.Throws<BadInputException>(() => Apply<double>("simd", [1], limit, GradientNorm.Two)).Message, StringComparison.Ordinal);

    private static void NormOf(int length)
    {
        using var backend = new SimdBackend<float>(1);
        float[] x = new float[length];
        double sum = 0;
        for (int i = 0; i < length; i++)
        {
            x[i] = (float)Math.Sin(i + 1);
            sum += (double)x[i] * x[i];
        }
        Slice slice = backend.Allocate(length + 1).Part(1, length), y = backend.Allocate(1);
        backend.Write(x, slice);
        PlaneNorm<float>.Norm2(backend, slice, y);
        float[] norm = new float[1];
        backend.Read(y, norm);
        Assert.InRange(norm[0], Math.Sqrt(sum) * (1 - 1e-7), Math.Sqrt(sum) * (1 + 1e-7));
    }

    private static (double Norm, double[] After) Apply<T>(string backend, double[] gradient, double limit, GradientNorm norm) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var harness = new OptimizerHarness<T>(OptimizerHarness<T>.Backend(backend), new Sgd<T>(), [("a", 1, gradient.Length, [], 1, true)]);
        harness.SetGradient(0, gradient);
        using var clip = new GradientClip<T>(harness.Store, limit, norm);
        return (clip.Apply(), [.. harness.Store.ReadGradient(harness.Vars[0]).Select(double.CreateTruncating)]);
    }
}
