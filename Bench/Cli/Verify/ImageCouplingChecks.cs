using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group coupling, on images: a convolutional network and the library's transformers.</summary>
internal static class ImageCouplingChecks
{
    private static readonly string[] s_net = ["x", "ct.z", "ct.log_abs_det", "net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "net.2.weight", "net.2.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("affine_coupling_interleaved_conv", new FixtureCheck<T>(s_net, static run
            => Check(run, ImageSplit.Of(PixelwiseChecks.Image(run), run.File.Text("split")), new AffineTransformer<T>(CouplingChecks.ScaleMap(run)))));
        table.Add("glow_conv_coupling", new FixtureCheck<T>([.. s_net, "net.2.logs"], Glow));
        table.Add("mixture_logistic_coupling_conv", new FixtureCheck<T>(s_net, static run
            => Check(run, ImageSplit.Of(PixelwiseChecks.Image(run), "channel"), new MixtureLogisticTransformer<T>(TransformerChecks.Whole(run, "components")), blocks: true)));
        table.Add("rq_spline_coupling_conv", new FixtureCheck<T>(s_net, static run => Check(run, Moved(run), Spline(run))));
    }

    /// <summary>Channels between the convolutions of a stored network.</summary>
    public static int Hidden<T>(CaseRun<T> run, string prefix = "net") where T : unmanaged, IFloatingPointIeee754<T> => run.Matrix($"{prefix}.0.weight").Rows;

    /// <summary>A coupling with a stored network.</summary>
    public static Coupling<T> Layer<T>(CaseRun<T> run, ImageSplit split, ITransformer<T> transformer, int hidden, Activation activation) where T : unmanaged, IFloatingPointIeee754<T>
        => new(split, transformer, new ConvNet<T>(split.First, split.Second.Features * transformer.ParametersPerFeature, transformer.ParametersPerFeature, hidden, activation));

    private static void Check<T>(CaseRun<T> run, ImageSplit split, ITransformer<T> transformer, bool blocks = false) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[]? rows = blocks ? CouplingChecks.FromBlocks(split.Second.Channels, transformer.ParametersPerFeature) : null;
        using var bench = new LayerBench<T>(run, Layer(run, split, transformer, Hidden(run), CouplingChecks.Activation(run)));
        CouplingChecks.CompareAll(bench, new PlacedTensors<T>(run).AddMlp("net", "", rows));
    }

    private static void Glow<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Number("logscale_factor") != 3) throw CouplingChecks.Foreign(run, "logscale_factor", run.File.Config.GetRawText(), "3");
        if (CouplingChecks.Activation(run) != Activation.Relu) throw CouplingChecks.Foreign(run, "activation", run.File.Text("activation"), "relu");
        ImageSplit split = ImageSplit.Of(PixelwiseChecks.Image(run), "channel");
        // Stored: scale, then shift.
        int[] rows = [.. Enumerable.Range(0, 2 * split.Second.Channels).Select(static o => o ^ 1)];
        using var bench = new LayerBench<T>(run, new GlowCoupling<T>(split, Hidden(run)));
        CouplingChecks.CompareAll(bench, new PlacedTensors<T>(run).AddMlp("net", "", rows).Add("net.2.logs", "net.2.logs", rows));
    }

    private static ImageSplit Moved<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool[] mask = CouplingChecks.Mask(run);
        return ImageSplit.Channels(PixelwiseChecks.Image(run), [.. Enumerable.Range(0, mask.Length).Where(c => mask[c])]);
    }

    private static RationalQuadraticTransformer<T> Spline<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Text("tails") != "linear") throw CouplingChecks.Foreign(run, "tails", run.File.Text("tails"), "linear");
        return new RationalQuadraticTransformer<T>(new SplineSettings(
            (int)run.File.Number("num_bins"), run.File.Number("tail_bound"), run.File.Number("min_bin_width"), run.File.Number("min_bin_height"), run.File.Number("min_derivative")));
    }
}
