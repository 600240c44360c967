using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What image layers promise beyond the conformance suite: where every number goes, starts, learned priors of levels, contexts.</summary>
public sealed class ImageShapeLayerTests : IDisposable
{
    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(1, 4, 6, 2)]
    [InlineData(3, 3, 6, 3)]
    public void SqueezePutsEverySquareIntoChannels(int channels, int height, int width, int factor)
    {
        var layer = new Squeeze<double>(new ImageShape(channels, height, width), factor);
        Assert.Equal(new ImageShape(channels * factor * factor, height / factor, width / factor), layer.OutputImage);
        double[] x = [.. Enumerable.Range(0, 2 * layer.Dimension).Select(i => 1.0 + i)], z = Through(layer, x);
        int h2 = height / factor, w2 = width / factor;
        for (int n = 0; n < 2; n++)
            for (int c = 0; c < channels; c++)
                for (int h = 0; h < height; h++)
                    for (int w = 0; w < width; w++)
                    {
                        int outChannel = (c * factor * factor) + (h % factor * factor) + (w % factor);
                        int to = (n * layer.Dimension) + (outChannel * h2 * w2) + (h / factor * w2) + (w / factor);
                        Assert.Equal(x[(n * layer.Dimension) + (c * height * width) + (h * width) + w], z[to]);
                    }
        // The reverse on what came out gives what went in.
        var back = new Squeeze<double>(layer.OutputImage, factor, reverse: true);
        Assert.Equal(layer.Image, back.OutputImage);
        Assert.Equal(x, Through(back, z));
    }

    [Fact]
    public void HaarGivesMeansAndDifferences()
    {
        // One channel of 2 x 4 pixels: squares (1 2; 5 6) and (3 4; 7 8).
        double[] z = Through(new HaarSqueeze<double>(new ImageShape(1, 2, 4)), [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal([7, 11, -1, -1, -4, -4, 0, 0], z);
    }

    [Theory]
    [InlineData("channel", "0 1 2 3", "4 5", "2x1x2")]
    [InlineData("channel_inv", "4 5", "0 1 2 3", "1x1x2")]
    [InlineData("checkerboard", "1 2 5", "0 3 4", "3x1x1")]
    [InlineData("checkerboard_inv", "0 3 4", "1 2 5", "3x1x1")]
    public void SplitsDivideByChannelsOrByParity(string name, string first, string second, string shape)
    {
        ImageSplit split = ImageSplit.Of(new ImageShape(3, 1, 2), name);
        Assert.Equal(first, string.Join(' ', split.FirstColumns()));
        Assert.Equal(second, string.Join(' ', split.SecondColumns()));
        Assert.Equal(shape, split.First.ToString());
        Assert.Equal(6, split.First.Features + split.Second.Features);
        ImageSplit listed = ImageSplit.Channels(split.Image, [2, 0]);
        Assert.Equal([2, 3], listed.FirstColumns());
        Assert.Equal([0, 1, 4, 5], listed.SecondColumns());
    }

    [Theory]
    [InlineData("""{"kind":"glow-coupling","channels":4,"height":3,"width":2,"hidden":5}""")]
    [InlineData("""{"kind":"coupling","channels":4,"height":3,"width":2,"split":"checkerboard","transformer":{"kind":"affine","scale":"softplus"},"conditioner":{"kind":"conv-net","channels":4,"height":3,"width":1,"hidden":5,"log_scale_factor":3}}""")]
    public void AZeroInitializedLastConvolutionStartsAtTheIdentity(string recipe)
    {
        using Flow<double> flow = Make(recipe, 24);
        double[] x = new BijectorCase("start", recipe, -3, 3, []).Inputs(2, 24, 4), z = flow.InputOf(1, x);
        for (int i = 0; i < x.Length; i++) Assert.Equal(x[i], z[i], 1e-12);
        // It can leave the identity: the gradient reaches the last layer and its scale.
        using var tape = new Tape<double>(_backend, flow.Store);
        tape.Backward(flow.RecordObjective(tape, tape.Input(x, 2, 24), new StepContext { Mode = FlowMode.Train }).Loss);
        Assert.Contains(flow.Store.ReadGradient(flow.Store.Find("layers.0.net.2.weight")), g => g != 0);
    }

    [Fact]
    public void TheLastConvolutionIsScaledByItsLogs()
    {
        // Weights at zero: the output is bias exp(3 logs), so z_B = x_B exp(2 tanh(u / 2)) + t with t, u from channels 0 and 1.
        using Flow<double> flow = Make("""{"kind":"glow-coupling","channels":2,"height":1,"width":2,"hidden":3}""", 4);
        flow.Store.Write(flow.Store.Find("layers.0.net.2.bias"), [0.5, -0.25]);
        flow.Store.Write(flow.Store.Find("layers.0.net.2.logs"), [0.1, -0.2]);
        double t = 0.5 * Math.Exp(0.3), s = 2 * Math.Tanh(-0.125 * Math.Exp(-0.6));
        double[] z = flow.InputOf(1, [1, 2, 3, 4]);
        double[] expected = [1, 2, (3 * Math.Exp(s)) + t, (4 * Math.Exp(s)) + t];
        for (int i = 0; i < 4; i++) Assert.Equal(expected[i], z[i], 1e-14);
    }

    [Fact]
    public void ACouplingBeforeTheSplitIsALearnedPriorOfWhatLeaves()
    {
        // Two channels of one pixel: the second leaves. With net = (t, u) constant the prior of it is N(-t e^-s, e^-2s): the flow's density is the product.
        const string Level = """{"kind":"multi-scale","dimension":2,"leaves":"last","levels":[{"layers":[{"kind":"glow-coupling","channels":2,"height":1,"width":1,"hidden":2}]},{"layers":[]}]}""";
        using Flow<double> flow = Make(Level, 2);
        flow.Store.Write(flow.Store.Find("layers.0.levels.0.layers.0.net.2.bias"), [0.7, 1.1]);
        double s = 2 * Math.Tanh(0.55), mean = -0.7 * Math.Exp(-s), deviation = Math.Exp(-s);
        double[] x = [0.4, -1.3];
        double Log(double v, double m, double d) => (-0.5 * (v - m) * (v - m) / (d * d)) - Math.Log(d) - (0.5 * Math.Log(2 * Math.PI));
        Assert.Equal(Log(0.4, 0, 1) + Log(-1.3, mean, deviation), flow.LogProb(x)[0], 1e-13);
        // What stays comes first, what left lies at the end.
        Assert.Equal(0.4, flow.InputOf(1, x)[0]);
    }

    [Theory]
    [InlineData("first", "0 1 2 3 4 5 6 7")]
    [InlineData("last", "0 1 2 3 4 5 6 7")]
    public void FeaturesThatLeaveStayAtTheirSide(string leaves, string expected)
    {
        string recipe = $$"""{"kind":"multi-scale","dimension":8,"leaves":"{{leaves}}","levels":[{"layers":[]},{"layers":[],"leave":1},{"layers":[]}]}""";
        using Flow<double> flow = Make(recipe, 8);
        Assert.Equal(expected, string.Join(' ', flow.InputOf(1, [0, 1, 2, 3, 4, 5, 6, 7])));
        // A layer of the second level sees the features that stayed: the last four or the first four.
        recipe = recipe.Replace("""{"layers":[],"leave":1}""", """{"layers":[{"kind":"affine","scale":[2,2,2,2],"shift":[0,0,0,0]}],"leave":1}""", StringComparison.Ordinal);
        using Flow<double> doubled = Make(recipe, 8);
        double[] z = doubled.InputOf(1, [1, 1, 1, 1, 1, 1, 1, 1]);
        Assert.Equal(leaves == "first" ? [1, 1, 1, 1, 2, 2, 2, 2] : [2, 2, 2, 2, 1, 1, 1, 1], z);
    }

    [Fact]
    public void AContextOfPlanesIsFurtherChannels()
    {
        const string Recipe = """{"kind":"coupling","channels":2,"height":2,"width":2,"context":4,"transformer":{"kind":"affine"},"conditioner":{"kind":"conv-net","channels":2,"height":2,"width":2,"hidden":3,"activation":"tanh"}}""";
        using Flow<double> flow = Make(Recipe, 8);
        Assert.Equal(4, flow.ContextWidth);
        double[] x = [1, 2, 3, 4, 5, 6, 7, 8];
        Assert.NotEqual(flow.LogProb(x, context: [0, 0, 0, 0]), flow.LogProb(x, context: [3, -3, 2, 1]));
    }

    [Fact]
    public void AnImageFlowComesBackFromItsFile()
    {
        using Flow<double> flow = Make(BijectorCase.All.Single(c => c.Name == "multi-scale-images").Recipe, 16);
        using var folder = new TempFolder();
        flow.Save(folder.At("model.safetensors"));
        using Flow<double> loaded = Flow<double>.Load(folder.At("model.safetensors"), _backend);
        double[] x = [.. Enumerable.Range(0, 16).Select(i => Math.Sin(i))];
        Assert.Equal(flow.LogProb(x), loaded.LogProb(x));
        Assert.Equal(ModelFile.Recipe(flow), ModelFile.Recipe(loaded));
    }

    private double[] Through(IBijector<double> layer, double[] x)
    {
        using var store = new ParameterStore<double>(_backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        using var tape = new Tape<double>(_backend, store);
        var z = new double[x.Length];
        tape.Read(layer.Forward(tape, tape.Input(x, x.Length / layer.Dimension, layer.Dimension), new StepContext()).Output, z);
        return z;
    }

    private Flow<double> Make(string layer, int dimension)
    {
        using JsonDocument recipe = JsonDocument.Parse($$$"""{"version":1,"seed":2,"layers":[{{{layer}}}],"base":{"kind":"standard-normal","dimension":{{{dimension}}} }}""");
        return ModelFile.FromRecipe<double>(recipe.RootElement, _backend);
    }
}
