using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Recomputation from the output: how far rebuilt inputs carry, and that too much error is refused.</summary>
public sealed class RebuiltInputTests : IDisposable
{
    private const int Rows = 50, D = 6;

    private readonly SimdBackend<float> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void ADepthOfThirtyTwoInFloatKeepsFiveDigitsOfTheGradient()
    {
        var steps = new List<string>();
        for (int i = 0; i < 32; i++)
        {
            string mask = i % 2 == 0 ? "1,0,1,0,1,0" : "0,1,0,1,0,1";
            steps.Add("""{"kind":"actnorm","channels":6}""");
            steps.Add("""{"kind":"linear-lu","dimension":6}""");
            steps.Add($$$"""{"kind":"coupling","mask":[{{{mask}}}],"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[12],"activation":"tanh"}}""");
        }
        string recipe = $"[{string.Join(',', steps)}]";
        double[] stored = Gradient(recipe, RecomputeFrom.Input, 0.05), rebuilt = Gradient(recipe, RecomputeFrom.Output, 0.05);
        double distance = 0, length = 0;
        for (int i = 0; i < stored.Length; i++) (distance, length) = (distance + Math.Pow(stored[i] - rebuilt[i], 2), length + (stored[i] * stored[i]));
        double error = Math.Sqrt(distance / length);
        // Not the bits of the stored ones, or nothing was rebuilt.
        Assert.InRange(error, 1e-9, 1e-5);
        // Ninety-six layers of condition 2 lose more digits than a float has.
        Assert.Throws<NotConvergedException>(() => Gradient(recipe, RecomputeFrom.Output, 0.15));
    }

    [Fact]
    public void AnInverseThatIsNotExactIsCaught()
    {
        foreach (float off in (float[])[0, 1e-2f, float.NaN])
        {
            using var store = new ParameterStore<float>(_backend);
            var b = new Recomputed<float>([new Affine<float>(Ones, Ones), new Claims(off), new Claims(off)], RecomputeFrom.Output);
            b.Attach(store, "layers.7", 1);
            store.Build();
            using var tape = new Tape<float>(_backend, store) { Scope = "layers.7.recomputed." };
            Var x = tape.Input([.. new PhiloxNormals(1).Take(Rows * D).Select(v => (float)v)], Rows, D, needsGrad: true);
            Var loss = tape.Sum(b.Forward(tape, x, new StepContext()).Output);
            if (off == 0)
            {
                tape.Backward(loss);
                continue;
            }
            NotConvergedException e = Assert.Throws<NotConvergedException>(() => tape.Backward(loss));
            Assert.StartsWith("layers.7.recomputed.recompute: row ", e.Message, StringComparison.Ordinal);
            Assert.Contains("Recompute from the input", e.Message, StringComparison.Ordinal);
            // What the part had recorded is gone, and the tape works on.
            Assert.Equal("layers.7.recomputed.", tape.Scope);
            tape.Reset();
            tape.Backward(tape.Sum(tape.Scale(tape.Input([1], 1, 1, needsGrad: true), 2)));
        }
    }

    [Theory]
    [InlineData("""{"kind":"linear","dimension":2,"strategy":{"name":"snf-published"}}""", "layer 1 (linear)")]
    [InlineData("""{"kind":"residual","dimension":2}""", "layer 1 (residual)")]
    [InlineData("""{"kind":"cnf","dimension":2}""", "layer 1 (cnf)")]
    [InlineData("""{"kind":"elementwise","dimension":2,"transformer":{"kind":"dsf"}}""", "layer 1 (elementwise)")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"mixture-logistic"},"conditioner":{"kind":"mlp"}}""", "layer 1 (coupling)")]
    [InlineData("""{"kind":"multi-scale","dimension":2,"levels":[{"layers":[{"kind":"planar","dimension":2}]}]}""", "layer 1 (multi-scale)")]
    [InlineData("""{"kind":"recomputed","layers":[{"kind":"batchnorm","channels":2}]}""", "layer 1 (recomputed)")]
    public void AnInverseThatSearchesIsRefused(string layer, string named)
    {
        JsonElement Entry(string from) => JsonDocument.Parse($$"""{"kind":"recomputed","from":"{{from}}","layers":[{"kind":"actnorm","channels":2},{{layer}}]}""").RootElement;
        BadInputException e = Assert.Throws<BadInputException>(() => BijectorRegistry.Create<float>("recomputed", Entry("output")));
        Assert.Contains($"{named} has no exact inverse to rebuild its input with; set from to \"input\"", e.Message, StringComparison.Ordinal);
        Assert.IsType<Recomputed<float>>(BijectorRegistry.Create<float>("recomputed", Entry("input")));
    }

    [Theory]
    [InlineData("""{"kind":"recomputed","layers":[]}""", "layers is empty")]
    [InlineData("""{"kind":"recomputed","layers":[{"kind":"actnorm","channels":2}],"from":"middle"}""", "from")]
    [InlineData("""{"kind":"recomputed","layers":[{"kind":"actnorm","channels":2},{"kind":"actnorm","channels":3}]}""", "has 3 features; it must have 2")]
    [InlineData("""{"kind":"recomputed"}""", "layers")]
    public void ABadRecipeIsRefused(string recipe, string said)
        => Assert.Contains(said, Assert.Throws<BadInputException>(() => BijectorRegistry.Create<float>("recomputed", JsonDocument.Parse(recipe).RootElement)).Message, StringComparison.Ordinal);

    [Fact]
    public void ALayerWithoutAStoreIsNamed()
    {
        using var tape = new Tape<float>(_backend);
        var b = new Recomputed<float>([new Affine<float>(Ones, Ones)]);
        Assert.Contains("Attach", Assert.Throws<InvalidOperationException>(() => b.Forward(tape, tape.Constant(0, 2, D), new StepContext())).Message, StringComparison.Ordinal);
    }

    private static double[] Ones => [1, 1, 1, 1, 1, 1];

    private double[] Gradient(string layers, RecomputeFrom from, double noise)
    {
        using var store = new ParameterStore<float>(_backend);
        var b = new Recomputed<float>(LayerList.Read<float>(JsonDocument.Parse(layers).RootElement), from);
        b.Attach(store, "layers.0", 1);
        store.Build();
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<float>.Entry p in store.Parameters) store.Write(p.Var, Array.ConvertAll(store.Read(p.Var), v => v + (noise * random.Next())));
        using var tape = new Tape<float>(_backend, store);
        Var x = tape.Input([.. new PhiloxNormals(2).Take(Rows * D).Select(v => (float)v)], Rows, D, needsGrad: true);
        FlowStep step = b.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        tape.Backward(tape.Add(tape.Mean(tape.Square(step.Output)), tape.Mean(step.LogAbsDet)));
        var dx = new float[x.Length];
        tape.ReadGrad(x, dx);
        return [.. dx.Select(v => (double)v), .. store.Parameters.SelectMany(p => store.ReadGradient(p.Var)).Select(v => (double)v)];
    }

    /// <summary>The identity, whose inverse is off by a constant though it claims to be exact.</summary>
    private sealed class Claims(float off) : IBijector<float>
    {
        public string Kind => "claims";

        public int Dimension => D;

        public bool HasExactInverse => true;

        public void Attach(ParameterStore<float> store, string scope, ulong seed)
        {
        }

        // An output that is the input itself is a case of its own for recomputation.
        public FlowStep Forward(Tape<float> tape, Var x, in StepContext c) => FlowStep.Exact(x, tape.Constant(0));

        public FlowStep Inverse(Tape<float> tape, Var z, in StepContext c) => FlowStep.Exact(tape.Add(z, tape.Input([off], 1, 1)), tape.Constant(0));

        public void WriteConfig(Utf8JsonWriter json)
        {
        }
    }
}
