using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Values and gradients of recomputed layers against those of the same layers recorded as they are: from the input to the bit, from the output to rounding.</summary>
public sealed class RecomputedGradientTests : IDisposable
{
    private const int Rows = 6;

    private readonly SimdBackend<float> _backend = new(1);

    public static TheoryData<string> Names => [.. BijectorCase.All.Select(c => c.Name)];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void FromTheInputEveryBitIsTheSame(string name)
    {
        BijectorCase test = BijectorCase.All.Single(c => c.Name == name);
        foreach (FlowMode mode in (FlowMode[])[FlowMode.Evaluate, FlowMode.Train])
        {
            Result plain = Run(test, RecomputeFrom.Input, wrapped: false, inverse: false, mode), wrapped = Run(test, RecomputeFrom.Input, wrapped: true, inverse: false, mode);
            plain.RequireSameBits(wrapped);
            Assert.Contains(plain.Gradients, v => v != 0);
        }
        if (test.Kind is "piecewise" or "variational-dequantization") return;
        Run(test, RecomputeFrom.Input, wrapped: false, inverse: true, FlowMode.Evaluate).RequireSameBits(Run(test, RecomputeFrom.Input, wrapped: true, inverse: true, FlowMode.Evaluate));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FromTheOutputItIsTheSameToRounding(string name)
    {
        BijectorCase test = BijectorCase.All.Single(c => c.Name == name);
        if (!Chain(test)[1].HasExactInverse)
        {
            ArgumentException e = Assert.Throws<ArgumentException>(() => new Recomputed<float>(Chain(test), RecomputeFrom.Output));
            Assert.Contains($"layer 1 ({test.Kind}) has no exact inverse", e.Message, StringComparison.Ordinal);
            return;
        }
        foreach (bool inverse in (bool[])[false, true])
        {
            Result plain = Run(test, RecomputeFrom.Output, wrapped: false, inverse, FlowMode.Evaluate), wrapped = Run(test, RecomputeFrom.Output, wrapped: true, inverse, FlowMode.Evaluate);
            Assert.Equal(plain.Output, wrapped.Output);
            double scale = plain.Gradients.Max(Math.Abs);
            for (int i = 0; i < plain.Gradients.Length; i++) Assert.Equal(plain.Gradients[i], wrapped.Gradients[i], 2e-4 * scale);
        }
    }

    [Fact]
    public void TheExactOnesAreThoseThatShould()
    {
        string[] exact = [.. BijectorCase.All.Where(c => Chain(c)[1].HasExactInverse).Select(c => c.Kind).Distinct()];
        Assert.Contains("linear", exact);
        Assert.Contains("autoregressive", exact);
        Assert.Contains("coupling", exact);
        Assert.DoesNotContain("residual", exact);
        Assert.DoesNotContain("cnf", exact);
        Assert.DoesNotContain("batchnorm", exact);
        Assert.DoesNotContain("sigmoid", exact);
        Assert.DoesNotContain("variational-dequantization", exact);
        Assert.False(((IBijector<float>)new Linear<float>(2, JacobianRegistry.Create<float>("snf-published"))).HasExactInverse);
    }

    // The scale before it has its input rebuilt by the layer's inverse, and is itself inverted by the check.
    private static List<IBijector<float>> Chain(BijectorCase test)
    {
        JsonElement entry = JsonDocument.Parse(test.Recipe).RootElement;
        IBijector<float> layer = BijectorRegistry.Create<float>(test.Kind, entry);
        return [new Affine<float>([.. Enumerable.Repeat(0.5, layer.Dimension)], new double[layer.Dimension]), layer];
    }

    private Result Run(BijectorCase test, RecomputeFrom from, bool wrapped, bool inverse, FlowMode mode)
    {
        List<IBijector<float>> layers = Chain(test);
        IBijector<float> b = wrapped ? new Recomputed<float>(layers, from) : new PlainChain<float>(layers);
        using var store = new ParameterStore<float>(_backend);
        b.Attach(store, "layer", 11);
        store.Build();
        var noise = new PhiloxNormals(5);
        foreach (ParameterStore<float>.Entry p in store.Parameters)
            if (!p.Name.Contains("layers.0.", StringComparison.Ordinal)) store.Write(p.Var, Array.ConvertAll(store.Read(p.Var), v => v + (0.5 * test.Noise * noise.Next())));
        double[] start = [.. test.Inputs(Rows, b.Dimension, 7).Select(v => inverse ? v : 2 * v)];
        using var tape = new Tape<float>(_backend, store);
        if (inverse)
        {
            // An input from the layer's range.
            FlowStep there = layers[1].Forward(tape, tape.Input([.. start.Select(v => (float)v)], Rows, b.Dimension), new StepContext());
            start = [.. Read(tape, there.Output).Select(v => (double)v)];
            tape.Reset();
        }
        Var x = tape.Input([.. start.Select(v => (float)v)], Rows, b.Dimension, needsGrad: true);
        var c = new StepContext { Mode = mode, Key = 99, Step = (5L << 32) + 3 };
        FlowStep step = inverse ? b.Inverse(tape, x, c) : b.Forward(tape, x, c);
        Var weights = tape.Input([.. new PhiloxNormals(3).Take(Rows * b.Dimension).Select(v => (float)v)], Rows, b.Dimension);
        Var loss = tape.Add(tape.Sum(tape.Multiply(step.Output, weights)), tape.Sum(step.LogAbsDet, -0.7));
        if (!step.Penalty.IsNone) loss = tape.Add(loss, tape.Scale(step.Penalty, 1.3));
        tape.Backward(loss);
        var dx = new float[x.Length];
        tape.ReadGrad(x, dx);
        float[] state = [.. store.Buffers.SelectMany(e => store.Read(e.Var)), .. Enumerable.Range(0, store.Counters.Count).Select(i => (float)store[i])];
        return new Result(Read(tape, step.Output), Read(tape, step.LogAbsDet), [.. dx, .. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))], state, step.Value, step.Gradient);
    }

    private static float[] Read(Tape<float> tape, Var v)
    {
        var values = new float[v.Length];
        tape.Read(v, values);
        return values;
    }

    private sealed record Result(float[] Output, float[] LogDet, float[] Gradients, float[] State, ValueKind Value, GradientKind Gradient)
    {
        public void RequireSameBits(Result other)
        {
            Assert.Equal((Value, Gradient), (other.Value, other.Gradient));
            Assert.Equal(Bits(Output), Bits(other.Output));
            Assert.Equal(Bits(LogDet), Bits(other.LogDet));
            Assert.Equal(Bits(Gradients), Bits(other.Gradients));
            Assert.Equal(Bits(State), Bits(other.State));
        }

        // +0 and -0 are the same number here.
        private static string Bits(float[] values) => string.Join(' ', values.Select(v => BitConverter.SingleToInt32Bits(v + 0f).ToString("X8", CultureInfo.InvariantCulture)));
    }
}
