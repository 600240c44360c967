using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group coupling, on vectors: one-sided couplings of the library's transformers.</summary>
internal static class CouplingChecks
{
    private static readonly string[] s_net = ["x", "ct.z", "ct.log_abs_det", "net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias", "net.2.weight", "net.2.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("additive_coupling", new FixtureCheck<T>(s_net, static run => Check(run, Mask(run), new AdditiveTransformer<T>(), blocks: false)));
        table.Add("affine_coupling", new FixtureCheck<T>(s_net, static run => Check(run, Mask(run), new AffineTransformer<T>(Scale(run)), blocks: true)));
        table.Add("affine_coupling_interleaved", new FixtureCheck<T>(s_net, static run => Check(run, Split(run), new AffineTransformer<T>(ScaleMap(run)), blocks: false)));
        table.Add("affine_coupling_softclip", new FixtureCheck<T>(s_net, static run
            => Check(run, Halves(run, firstPass: true), new AffineTransformer<T>(ScaleFunction.SoftClip, run.File.Number("slope")), blocks: true)));
        table.Add("masked_affine_coupling", new FixtureCheck<T>(
            ["x", "ct.z", "ct.log_abs_det", "b", "s.0.weight", "s.0.bias", "s.1.weight", "s.1.bias", "t.0.weight", "t.0.bias", "t.1.weight", "t.1.bias"], Masked));
        table.Add("rq_spline_coupling", new FixtureCheck<T>(s_net, static run =>
        {
            SplineSensitivity(run);
            Check(run, Mask(run), Spline(run), blocks: false);
        }));
    }

    /// <summary>Runs a coupling with the stored network against everything stored.</summary>
    /// <param name="run">The case.</param>
    /// <param name="moved">True where a feature moves.</param>
    /// <param name="transformer">How.</param>
    /// <param name="blocks">Whether the stored network gives parameter after parameter, each for all features; feature by feature otherwise.</param>
    public static void Check<T>(CaseRun<T> run, bool[] moved, ITransformer<T> transformer, bool blocks) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (IBijector<T> layer, PlacedTensors<T> parameters) = Make(run, moved, transformer, blocks);
        using var bench = new LayerBench<T>(run, layer);
        CompareAll(bench, parameters);
    }

    public static void CompareAll<T>(LayerBench<T> bench, PlacedTensors<T> parameters) where T : unmanaged, IFloatingPointIeee754<T>
    {
        parameters.Write(bench.Store, "layer.");
        bench.CompareAll();
        parameters.CompareGradients(bench.Store, "layer.");
    }

    /// <summary>Row of a network that gives block after block for each row of one that gives feature after feature. The order of the blocks can be turned.</summary>
    public static int[] FromBlocks(int features, int parameters, bool reversed = false)
        => [.. Enumerable.Range(0, features * parameters).Select(i => ((reversed ? parameters - 1 - (i % parameters) : i % parameters) * features) + (i / parameters))];

    public static Activation Activation<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.File.Text("activation") switch
    {
        "tanh" => Layers.Activation.Tanh,
        "relu" => Layers.Activation.Relu,
        "elu" => Layers.Activation.Elu,
        "softplus" => Layers.Activation.Softplus,
        string other => throw Foreign(run, "activation", other, "tanh, relu, elu or softplus"),
    };

    public static BadInputException Foreign<T>(CaseRun<T> run, string name, string value, string expected) where T : unmanaged, IFloatingPointIeee754<T>
        => new($"{run.File.Path}: config '{name}' is {BadInputException.Quote(value)}, expected {expected}; the file is damaged or of another kind.");

    private static (IBijector<T> Layer, PlacedTensors<T> Parameters) Make<T>(CaseRun<T> run, bool[] moved, ITransformer<T> transformer, bool blocks)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int moving = moved.Count(m => m), p = transformer.ParametersPerFeature;
        var net = new Mlp<T>(moved.Length - moving, moving * p, PlacedTensors<T>.Hidden(run, "net"), Activation(run));
        return (new Coupling<T>(moved, transformer, net), new PlacedTensors<T>(run).AddMlp("net", "", blocks ? FromBlocks(moving, p) : null));
    }

    private static void SplineSensitivity<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        CaseRun<double> wide = run.InDouble();
        (IBijector<double> layer, PlacedTensors<double> parameters) = Make(wide, Mask(wide), Spline(wide), blocks: false);
        using var bench = new LayerBench<double>(wide, layer);
        parameters.Write(bench.Store, "layer.");
        double[] z = [];
        RoundingSensitivity.Allow(run, run.Input("x"), x =>
        {
            bench.Tape.Reset();
            Var v = bench.Tape.Input(x, bench.Rows, layer.Dimension, needsGrad: true);
            FlowStep step = layer.Forward(bench.Tape, v, new StepContext());
            bench.Tape.Backward(bench.Tape.Add(bench.Weighted(step.Output, "ct.z"), bench.Weighted(step.LogAbsDet, "ct.log_abs_det")));
            Dictionary<string, double[]> gradients = parameters.Gradients(bench.Store, "layer.");
            gradients.Add("grad.x", CaseRun<double>.ReadGrad(bench.Tape, v));
            if (z.Length == 0) z = CaseRun<double>.Read(bench.Tape, step.Output);
            return gradients;
        });
        RoundingSensitivity.Allow(run, z, at =>
        {
            bench.Tape.Reset();
            FlowStep back = layer.Inverse(bench.Tape, bench.Tape.Input(at, bench.Rows, layer.Dimension), new StepContext());
            return new() { [LayerBench<T>.InverseLogDet] = CaseRun<double>.Read(bench.Tape, back.LogAbsDet) };
        });
    }

    private static void Masked<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] b = run.Input("b", run.Matrix("x").Cols);
        if (b.Any(v => v is not (0 or 1))) throw new BadInputException($"{run.File.Path}: tensor 'b' must hold 0 and 1 only; the file is damaged or of another kind.");
        // The stored networks see b x and their outputs are kept where b is 0: only those columns and rows matter.
        int[] pass = [.. Enumerable.Range(0, b.Length).Where(j => b[j] == 1)], move = [.. Enumerable.Range(0, b.Length).Where(j => b[j] == 0)];
        IConditioner<T>[] networks = [.. ((string[])["t", "s"]).Select(n => new Mlp<T>(pass.Length, move.Length, PlacedTensors<T>.Hidden(run, n), Activation(run)))];
        using var bench = new LayerBench<T>(run, new Coupling<T>(Array.ConvertAll(b, v => v == 0), new AffineTransformer<T>(), new SeparateNetworks<T>(networks)));
        CompareAll(bench, new PlacedTensors<T>(run).AddMlp("t", "part0.", move, pass).AddMlp("s", "part1.", move, pass));
    }

    private static RationalQuadraticTransformer<T> Spline<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Text("tails") != "linear") throw Foreign(run, "tails", run.File.Text("tails"), "linear");
        JsonElement hidden = run.File.Config.GetProperty("divide_widths_heights_by_sqrt_hidden");
        return new RationalQuadraticTransformer<T>(new SplineSettings(
            (int)run.File.Number("num_bins"), run.File.Number("tail_bound"), run.File.Number("min_bin_width"), run.File.Number("min_bin_height"),
            run.File.Number("min_derivative"), RawFactor: hidden.ValueKind == JsonValueKind.Null ? 1 : 1 / Math.Sqrt(hidden.GetDouble())));
    }

    private static ScaleSettings Scale<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.File.Text("scale") switch
    {
        "sigmoid(u+2)+1e-3" => new ScaleSettings(ScaleFunction.Sigmoid),
        "clip(softplus(u)+1e-3,0,3)" => new ScaleSettings(ScaleFunction.Softplus, Cap: 3),
        string other => throw Foreign(run, "scale", other, "sigmoid(u+2)+1e-3 or clip(softplus(u)+1e-3,0,3)"),
    };

    public static ScaleSettings ScaleMap<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.File.Text("scale_map") switch
    {
        "exp" => new ScaleSettings(ScaleFunction.Exp),
        "sigmoid" => new ScaleSettings(ScaleFunction.ReciprocalSigmoid),
        "sigmoid_inv" => new ScaleSettings(ScaleFunction.Sigmoid, Least: 0),
        string other => throw Foreign(run, "scale_map", other, "exp, sigmoid or sigmoid_inv"),
    };

    public static bool[] Mask<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
        => run.File.Config.TryGetProperty("mask", out JsonElement mask) && mask.ValueKind == JsonValueKind.Array
            ? [.. mask.EnumerateArray().Select(m => m.GetDouble() > 0)]
            : throw new BadInputException($"{run.File.Path}: config 'mask' must be a list of numbers; the file is damaged or of another kind.");

    private static bool[] Split<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.File.Text("split") switch
    {
        "channel" => Halves(run, firstPass: true),
        "channel_inv" => Halves(run, firstPass: false),
        string other => throw Foreign(run, "split", other, "channel or channel_inv"),
    };

    // The first half has the odd feature.
    private static bool[] Halves<T>(CaseRun<T> run, bool firstPass) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int cols = run.Matrix("x").Cols;
        return [.. Enumerable.Range(0, cols).Select(j => firstPass == (j >= (cols + 1) / 2))];
    }
}
