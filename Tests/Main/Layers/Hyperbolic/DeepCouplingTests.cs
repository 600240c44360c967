using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;
using Xunit.Abstractions;

namespace NativeFlow.Tests;

/// <summary>Deep stacks of wrapped couplings in single precision come back to where they started; the same map in ambient coordinates does not.</summary>
public sealed class DeepCouplingTests(ITestOutputHelper output) : IDisposable
{
    private const int Samples = 2000;

    private readonly SimdBackend<float> _backend = new();

    public void Dispose() => _backend.Dispose();

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(true, 100_000)]
    [InlineData(false, 10_000)]
    public void ThirtyTwoBlocksComeBackInSingle(bool uniform, int samples)
    {
        using var stack = new DeepStack<float>(_backend, 32, uniform);
        double[] errors = stack.RoundTrip(samples, 2000);
        Report($"32 blocks, {samples} samples", errors);
        Array.Sort(errors);
        Assert.All(errors, e => Assert.True(double.IsFinite(e)));
        Assert.InRange(errors[(int)(0.999 * errors.Length)], 0, 1e-4);
        Assert.InRange(errors[^1], 0, 1e-3);
    }

    /// <summary>docs/bijectors/wrapped-hyperboloid-coupling.md has the table of 2000 samples.</summary>
    [Theory]
    [InlineData(8, 1, 1e-4, 0.01)]
    [InlineData(8, 2, 1e-4, 0.05)]
    [InlineData(32, 1, 1e-3, 0.1)]
    public void AmbientCoordinatesWithClampsLoseSamplesThatTangentCoordinatesKeep(int blocks, double shift, double most, double lost)
    {
        using var stack = new DeepStack<float>(_backend, blocks, uniform: true, shift);
        double[] tangent = stack.RoundTrip(Samples, Samples), ambient = stack.NaiveRoundTrip(Samples);
        Report($"{blocks} blocks, shift x {shift}", tangent);
        Report($"{blocks} blocks, shift x {shift}, ambient", ambient);
        Assert.All(tangent, e => Assert.InRange(e, 0, most));
        Assert.True(Share(ambient) > lost, $"{Share(ambient):P1} of the samples are lost in ambient coordinates");
        // Where nothing is clamped the two are the same map.
        Assert.InRange(ambient.Order().ElementAt(Samples / 2), 0, 1e-4);
    }

    /// <summary>Not a promise but a record: what more depth and stronger shifts do; a quarter of the table's samples.</summary>
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(64, 1)]
    [InlineData(32, 2)]
    [InlineData(64, 2)]
    public void DeeperStacksStayFinite(int blocks, double shift)
    {
        using var stack = new DeepStack<float>(_backend, blocks, uniform: true, shift);
        double[] errors = stack.RoundTrip(Samples / 4, Samples / 4);
        Report($"{blocks} blocks, shift x {shift}", errors);
        Assert.All(errors, e => Assert.True(double.IsFinite(e)));
        using var exact = new SimdBackend<double>();
        using var wide = new DeepStack<double>(exact, blocks, uniform: true, shift);
        double[] inDouble = wide.RoundTrip(Samples / 4, Samples / 4);
        Report($"{blocks} blocks, shift x {shift}, double", inDouble);
        Assert.All(inDouble, e => Assert.InRange(e, 0, 1e-3));
    }

    private static double Share(double[] errors) => errors.Count(e => !(e <= 0.1)) / (double)errors.Length;

    private void Report(string what, double[] errors)
    {
        double[] sorted = [.. errors.Where(double.IsFinite).Order()];
        output.WriteLine($"{what}: {errors.Length - sorted.Length} not finite, median {sorted[sorted.Length / 2]:E1}, 99.9% {sorted[(int)(0.999 * sorted.Length)]:E1}, max {sorted[^1]:E1}, off by more than 0.1: {Share(errors):P2}");
    }
}
