using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Convolutions that look up and left: exact round trips, what each pixel sees, masked weights, and what is refused.</summary>
public sealed class MaskedConvTests
{
    [Theory]
    [InlineData("""{"kind":"autoregressive-conv","channels":3,"height":4,"width":5}""")]
    [InlineData("""{"kind":"autoregressive-conv","channels":1,"height":6,"width":2,"kernel":3}""")]
    [InlineData("""{"kind":"autoregressive-conv","channels":19,"height":2,"width":3}""")]
    [InlineData("""{"kind":"autoregressive-conv","channels":2,"height":2,"width":2,"kernel":5}""")]
    [InlineData("""{"kind":"emerging","channels":3,"height":4,"width":5}""")]
    [InlineData("""{"kind":"emerging","channels":2,"height":1,"width":7,"kernel":3}""")]
    public void RoundTripsAreExactOnBothBackends(string recipe)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(2);
        var test = new BijectorCase("round trip", recipe, -2, 2, [], Noise: 0.05);
        double[]? first = null;
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
            using (store)
            {
                double[] x = test.Inputs(19, b.Dimension, 5);
                (double[] z, double[] logDet) = BijectorChecks.Run(b, backend, store, x, inverse: false);
                (double[] back, double[] minus) = BijectorChecks.Run(b, backend, store, z, inverse: true);
                BijectorChecks.Close("x -> z -> x", back, x, 1e-12);
                BijectorChecks.Close("z -> x -> z", BijectorChecks.Run(b, backend, store, BijectorChecks.Run(b, backend, store, x, inverse: true).Out, inverse: false).Out, x, 1e-12);
                BijectorChecks.Close("log-det", minus, Array.ConvertAll(logDet, static v => -v), 1e-13);
                first ??= back;
                BijectorChecks.Close("the other backend", back, first, 1e-12);
                // A row does not depend on its neighbours: it may be alone or anywhere in a vector.
                double[] alone = BijectorChecks.Run(b, backend, store, z[^b.Dimension..], inverse: true).Out;
                BijectorChecks.Close("alone", alone, back.AsSpan(back.Length - b.Dimension), 1e-13);
            }
        }
    }

    [Fact]
    public void APixelSeesUpAndLeftAndChannelsBeforeItsOwn()
    {
        const int C = 3, H = 3, W = 4;
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("sight", $$"""{"kind":"autoregressive-conv","channels":{{C}},"height":{{H}},"width":{{W}}}""", -1, 1, [], Noise: 0.3).Make(backend);
        using (store)
        {
            int d = b.Dimension;
            var unit = new double[(d + 1) * d];
            for (int i = 0; i < d; i++) unit[(i * d) + i] = 1;
            double[] images = BijectorChecks.Run(b, backend, store, unit, inverse: false).Out;
            for (int from = 0; from < d; from++)
                for (int to = 0; to < d; to++)
                {
                    int down = (to / W % H) - (from / W % H), right = (to % W) - (from % W), up = (to / (H * W)) - (from / (H * W));
                    bool sees = down is 0 or 1 && right is 0 or 1 && (down + right > 0 || up >= 0);
                    Assert.Equal(sees, images[(from * d) + to] != images[(d * d) + to]);
                }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MaskedWeightsAreNotReadAndHaveNoGradient(bool inverse)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("mask", """{"kind":"autoregressive-conv","channels":3,"height":2,"width":3}""", -1, 1, [], Noise: 0.1).Make(backend);
            using (store)
            {
                Var weight = store.Find("layer.weight");
                double[] x = new BijectorCase("mask", "{}", -1, 1, []).Inputs(2, b.Dimension, 4), mask = store.Read(store.Find("layer.mask")), w = store.Read(weight);
                Assert.Equal(3, mask.Count(static m => m == 0));
                double[] before = BijectorChecks.Run(b, backend, store, x, inverse).Out;
                for (int i = 0; i < w.Length; i++)
                    if (mask[i] == 0) w[i] = 17;
                store.Write(weight, w);
                Assert.Equal(before, BijectorChecks.Run(b, backend, store, x, inverse).Out);
                using var tape = new Tape<double>(backend, store);
                Var v = tape.Input(x, 2, b.Dimension);
                FlowStep step = inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());
                tape.Backward(tape.Add(tape.Sum(tape.Multiply(step.Output, step.Output)), tape.Sum(step.LogAbsDet)));
                double[] gradient = store.ReadGradient(weight);
                for (int i = 0; i < w.Length; i++) Assert.Equal(mask[i] == 0, gradient[i] == 0);
            }
        }
    }

    [Fact]
    public void ThreadsDoNotChangeABit()
    {
        var test = new BijectorCase("threads", """{"kind":"emerging","channels":5,"height":6,"width":7}""", -1, 1, [], Noise: 0.02);
        float[]? first = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var backend = new SimdBackend<float>(threads);
            (IBijector<float> b, ParameterStore<float> store) = test.Make(backend);
            using (store)
            using (var tape = new Tape<float>(backend, store))
            {
                var x = new float[67 * b.Dimension];
                tape.Read(b.Inverse(tape, tape.Input(Array.ConvertAll(test.Inputs(67, b.Dimension, 2), static v => (float)v), 67, b.Dimension), new StepContext()).Output, x);
                Assert.Equal(first ??= x, x);
            }
        }
    }

    [Fact]
    public void AZeroOnTheDiagonalIsNamed()
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("singular", """{"kind":"autoregressive-conv","channels":2,"height":1,"width":2}""", -1, 1, []).Make(backend);
            using (store)
            {
                double[] w = store.Read(store.Find("layer.weight"));
                w[^1] = 0;
                store.Write(store.Find("layer.weight"), w);
                Assert.Equal(double.NegativeInfinity, BijectorChecks.Run(b, backend, store, [1, 2, 3, 4], inverse: false).LogDet[0]);
                Assert.Equal(1, Assert.Throws<SingularMatrixException>(() => BijectorChecks.Run(b, backend, store, [1, 2, 3, 4], inverse: true)).Pivot);
            }
        }
    }

    [Fact]
    public void AnOverflowOnTheWayBackIsNamed()
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("growth", """{"kind":"autoregressive-conv","channels":1,"height":1,"width":50,"no_bias":true}""", -1, 1, []).Make(backend);
            using (store)
            {
                store.Write(store.Find("layer.weight"), [0, 0, 1e20, 1e-3]);
                var rows = new double[100];
                rows[50] = 1;
                // Row 0 is zero and stays so; x grows by 1e23 a pixel in row 1.
                var error = Assert.Throws<OutsideDomainException>(() => BijectorChecks.Run(b, backend, store, rows, inverse: true));
                Assert.Contains("row 1 overflows at feature 14", error.Message, StringComparison.Ordinal);
                Assert.Contains(double.NaN, BijectorChecks.Run(b, backend, store, [.. Enumerable.Repeat(double.NaN, 50)], inverse: true).Out);
            }
        }
    }

    [Theory]
    [InlineData("autoregressive-conv", """{"channels":0,"height":2,"width":2}""", "channels")]
    [InlineData("autoregressive-conv", """{"channels":3,"height":2}""", "width")]
    [InlineData("autoregressive-conv", """{"channels":3,"height":2,"width":2,"kernel":0}""", "kernel")]
    [InlineData("autoregressive-conv", """{"channels":3,"height":2,"width":2,"kernel":128}""", "kernel")]
    [InlineData("autoregressive-conv", """{"channels":3000,"height":2,"width":2}""", "channels")]
    [InlineData("autoregressive-conv", """{"channels":3,"height":2,"width":2,"bias":true}""", "bias")]
    [InlineData("emerging", """{"channels":3,"height":-1,"width":2}""", "height")]
    [InlineData("emerging", """{"channels":3,"height":2,"width":2,"kernel":"3"}""", "kernel")]
    [InlineData("emerging", """{"channels":3,"height":2,"width":2,"no_bias":true}""", "no_bias")]
    [InlineData("emerging", """{"channels":3,"height":20000,"width":20000}""", "20000")]
    public void ABadRecipeIsRefusedInOneLine(string kind, string config, string named)
    {
        using JsonDocument json = JsonDocument.Parse(config);
        var error = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(kind, json.RootElement));
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
