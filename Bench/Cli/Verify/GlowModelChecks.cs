using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group models: Glow in two levels.</summary>
internal static class GlowModelChecks
{
    private const int Levels = 2;

    private static readonly string[] s_net = ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "net.2.weight", "net.2.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] block = [.. s_net, "conv1x1.P", "conv1x1.sign_S", "conv1x1.L", "conv1x1.U", "conv1x1.log_S", "actnorm.s", "actnorm.t"];
        table.Add("model_glow", new FixtureCheck<T>(["x", .. Enumerable.Range(0, Levels).SelectMany(l => block.Select(n => $"level{l}.block0.{n}"))], Glow));
    }

    // The file counts levels from the latent side: its last is the first here.
    private static void Glow<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Number("levels") != Levels || run.File.Number("blocks") != 1 || run.File.Number("leaky") != 0)
            throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected {Levels} levels of one block with leaky 0.");
        ImageShape image = PixelwiseChecks.Image(run);
        int features = image.Features;
        var levels = new List<ScaleLevel<T>>();
        var parameters = new PlacedTensors<T>(run);
        var constants = new List<(string Entry, double[] Values)>();
        for (int i = 0; i < Levels; i++)
        {
            string stored = $"level{Levels - 1 - i}.block0.", scope = $"0.levels.{i}.layers.";
            var squeeze = new Squeeze<T>(image);
            image = squeeze.OutputImage;
            ImageSplit split = ImageSplit.Of(image, "channel");
            Coupling<T> coupling = ImageCouplingChecks.Layer(
                run, split, new AffineTransformer<T>(CouplingChecks.ScaleMap(run)), ImageCouplingChecks.Hidden(run, stored + "net"), Activation.Relu);
            levels.Add(new ScaleLevel<T>(
                [squeeze, new Backwards<T>(new ActNorm<T>(image.Channels, image.Pixels)), Conv1x1<T>.OfPlu(image, bias: false), new Backwards<T>(coupling)], split.Second.Features));
            parameters.Add(stored + "actnorm.s", scope + "1.log_scale").Add(stored + "actnorm.t", scope + "1.shift");
            PixelwiseChecks.PlacePlu(run, parameters, constants, stored + "conv1x1.", scope + "2.", image.Channels);
            foreach (string name in s_net) parameters.Add(stored + name, scope + "3." + name);
            image = split.First;
        }
        using var flow = new Flow<T>([new MultiScale<T>(features, levels, lastLeave: true)], new StandardNormal<T>(features), seed: 1, run.Backend);
        foreach ((string entry, double[] values) in constants) flow.Store.Write(flow.Store.Find("layers." + entry), values);
        using var tape = new Tape<T>(run.Backend, flow.Store);
        FlowBench.CompareDensity(run, flow, parameters, tape);
    }
}
