using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What couplings promise beyond the conformance suite: starts, volume, scales at their ends, nests, and recipes that are refused.</summary>
public sealed class CouplingTests : IDisposable
{
    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData("""{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"residual-mlp","hidden":16}}""", 0.1)]
    [InlineData("""{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine","scale":"softplus","cap":3},"conditioner":{"kind":"mlp","hidden":[16]}}""", 0.1)]
    [InlineData("""{"kind":"coupling","mask":[0,1,0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"separate","networks":[{"kind":"mlp"},{"kind":"mlp"}]}}""", 0.1)]
    [InlineData("""{"kind":"two-sided-coupling","dimension":4,"transformer":{"kind":"affine","scale":"clamp-atan"},"conditioner":{"kind":"mlp","hidden":[16]}}""", 0.1)]
    public void ANewCouplingIsNearlyTheIdentity(string recipe, double within)
    {
        using Flow<double> flow = Make(recipe, 4);
        double[] x = [1, -0.5, 0.3, 2, -2, 1.5, 0.1, -1], z = flow.InputOf(1, x);
        for (int i = 0; i < x.Length; i++) Assert.Equal(x[i], z[i], within);
        Assert.NotEqual(x, z);
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("sigmoid")]
    [InlineData("clamp-atan")]
    public void AVolumePreservingCouplingKeepsVolumesThoughItStretches(string scale)
    {
        string recipe = $$$"""{"kind":"two-sided-coupling","dimension":6,"transformer":{"kind":"affine","scale":"{{{scale}}}","volume_preserving":true},"conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"}}""";
        var test = new BijectorCase("volume", recipe, -2, 2, []);
        BijectorChecks.All(test, _backend);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(_backend);
        (double[] z, double[] logDet) = BijectorChecks.Run(b, _backend, store, test.Inputs(3, 6, 1), inverse: false);
        Assert.All(logDet, v => Assert.Equal(0, v));
        Assert.DoesNotContain(z.Zip(test.Inputs(3, 6, 1)), p => p.First == p.Second);
        store.Dispose();
        Assert.True(new AffineTransformer<double>(new ScaleSettings(ScaleFunction.Exp), volumePreserving: true).MixesFeatures);
        Assert.False(((ITransformer<double>)new AffineTransformer<double>()).MixesFeatures);
    }

    [Fact]
    public void ACappedScaleStopsAtItsCapWithGradientZero()
    {
        // Raw numbers around the cap of 3: softplus(u) + 0.001 = 3 at u = 2.948...; far below, nothing is lost.
        double[] u = [-30, -5, 0, 2.9, 3, 50, 1e6];
        using var tape = new Tape<double>(_backend);
        Var raw = tape.Input([.. u.SelectMany(v => (double[])[0, v])], u.Length, 2, needsGrad: true), x = tape.Input([.. u.Select(_ => 1.0)], u.Length, 1);
        ITransformer<double> affine = new AffineTransformer<double>(new ScaleSettings(ScaleFunction.Softplus, Cap: 3));
        (Var z, Var logDet) = affine.Forward(tape, x, raw);
        tape.Backward(tape.Add(tape.Sum(z), tape.Sum(logDet)));
        double[] scale = new double[u.Length], log = new double[u.Length], gradient = new double[2 * u.Length];
        tape.Read(z, scale);
        tape.Read(logDet, log);
        tape.ReadGrad(raw, gradient);
        for (int i = 0; i < u.Length; i++)
        {
            double soft = (u[i] > 30 ? u[i] : Math.Log(1 + Math.Exp(u[i]))) + 1e-3, s = Math.Min(soft, 3);
            Assert.Equal(s, scale[i], 1e-14);
            Assert.Equal(Math.Log(s), log[i], 1e-13);
            double slope = soft > 3 ? 0 : 1 / (1 + Math.Exp(-u[i]));
            Assert.Equal(slope * (1 + (1 / s)), gradient[(2 * i) + 1], 1e-12);
        }
    }

    [Fact]
    public void LayersInsideLevelsGetTheirStartFromTheFirstBatch()
    {
        using Flow<double> flow = Make(
            """{"kind":"multi-scale","dimension":3,"levels":[{"layers":[{"kind":"actnorm","channels":3}],"leave":1},{"layers":[{"kind":"leaky-relu","dimension":2,"slope":0.5},{"kind":"actnorm","channels":2}]}]}""", 3);
        double[] x = [1, 5, -3, 2, 7, 1, 6, 0, 2, 3, 4, 4];
        flow.Initialize(x);
        double[] z = flow.InputOf(1, x);
        for (int c = 0; c < 3; c++)
        {
            double[] column = [.. Enumerable.Range(0, 4).Select(r => z[(3 * r) + c])];
            Assert.Equal(0, column.Average(), 1e-12);
            Assert.Equal(3, column.Sum(v => v * v), 1e-9);
        }
        // Once only.
        double[] before = flow.LogProb(x);
        flow.Initialize([.. x.Select(v => 10 * v)]);
        Assert.Equal(before, flow.LogProb(x));
    }

    [Fact]
    public void ANestOfEverythingComesBackFromItsFile()
    {
        const string Inner = """{"kind":"coupling","mask":[0,1,1],"transformer":{"kind":"affine","scale":"clamp-tanh","clamp":1.5},"conditioner":{"kind":"separate","networks":[{"kind":"mlp","hidden":[4]},{"kind":"residual-mlp","hidden":3,"blocks":1}]}}""";
        using Flow<double> flow = Make($$$"""{"kind":"multi-scale","dimension":5,"levels":[{"layers":[{"kind":"two-sided-coupling","dimension":5,"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}},{"kind":"linear","dimension":5}],"leave":2},{"layers":[{{{Inner}}}]}]}""", 5);
        using var folder = new TempFolder();
        flow.Save(folder.At("model.safetensors"));
        using Flow<double> loaded = Flow<double>.Load(folder.At("model.safetensors"), _backend);
        double[] x = [1, 2, -1, 0.5, 0.25];
        Assert.Equal(flow.LogProb(x), loaded.LogProb(x));
        Assert.Equal(ModelFile.Recipe(flow), ModelFile.Recipe(loaded));
    }

    [Theory]
    [InlineData("""{"kind":"coupling","mask":[1,1],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}}""", "moves 2 of 2")]
    [InlineData("""{"kind":"coupling","mask":[0,2],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}}""", "'mask' holds 2")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine","slope":0.1},"conditioner":{"kind":"mlp"}}""", "'slope' is unknown")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine","scale":"softplus","cap":0.0001},"conditioner":{"kind":"mlp"}}""", "cap is 0.0001")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine","scale":"clamp-tanh","clamp":0},"conditioner":{"kind":"mlp"}}""", "clamp is 0")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"separate","networks":[{"kind":"mlp"},{"kind":"mlp"},{"kind":"mlp"}]}}""", "3 entries for 2 parameters")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"residual-mlp","blocks":-1}}""", "'blocks' is '-1'")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[100000,100000]}}""", "100000 x 100000 weights")]
    [InlineData("""{"kind":"two-sided-coupling","dimension":2,"split":2,"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp"}}""", "'split' is 2 of 2")]
    [InlineData("""{"kind":"multi-scale","dimension":2,"levels":[]}""", "levels is empty")]
    [InlineData("""{"kind":"multi-scale","dimension":2,"levels":[{"layers":[],"leave":2},{"layers":[]}]}""", "leave is 2 of 2")]
    [InlineData("""{"kind":"multi-scale","dimension":2,"levels":[{"layers":[{"kind":"linear","dimension":3}]}]}""", "has 3 features; it must have 2")]
    [InlineData("""{"kind":"variational-dequantization","dimension":2,"noise":[],"scale":0}""", "scale is 0")]
    public void ABadRecipeIsRefusedInOneLine(string layer, string expected)
        => TempFolder.AssertBadInput(() => Make(layer, 2), expected);

    private Flow<double> Make(string layer, int dimension)
    {
        using JsonDocument recipe = JsonDocument.Parse($$$"""{"version":1,"seed":2,"layers":[{{{layer}}}],"base":{"kind":"standard-normal","dimension":{{{dimension}}} }}""");
        return ModelFile.FromRecipe<double>(recipe.RootElement, _backend);
    }
}
