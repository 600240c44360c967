using System.Globalization;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group autoregressive: masked networks, and layers made of them with transformers.</summary>
internal static class AutoregressiveChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] made = [.. MadeTensors<T>.Parameters("made.")], masks = [.. MadeTensors<T>.Masks("made.")], ends = ["x", "ct.z", "ct.log_abs_det"];
        table.Add("made_network", new FixtureCheck<T>(["x", "ct.y", .. made], Network));
        table.Add("maf_affine", new FixtureCheck<T>([.. ends, .. made, .. masks], static run => Affine(run, AutoregressiveDirection.Maf)));
        table.Add("maf_affine_context", new FixtureCheck<T>([.. ends, "context", .. made, .. masks], static run => Affine(run, AutoregressiveDirection.Maf)));
        table.Add("iaf_affine_inverse", new FixtureCheck<T>([.. ends, .. made, .. masks], static run => Affine(run, AutoregressiveDirection.Iaf)));
        string[] plain = [.. from i in Enumerable.Range(0, 3) from part in (string[])["weight", "bias"] select $"net.{i}.{part}"];
        table.Add("maf_affine_softclip", new FixtureCheck<T>([.. ends, "order", .. plain], SoftClip));
        table.Add("quadratic_spline_autoregressive", new FixtureCheck<T>([.. ends, .. made], Quadratic));
        table.Add("rq_spline_autoregressive", new FixtureCheck<T>([.. ends, .. made], RationalQuadratic));
    }

    /// <summary>The affine layer of nflows: softplus(u) + 1e-3, of a network that gives u before the shift.</summary>
    public static Autoregressive<T> NflowsAffine<T>(CaseRun<T> run, AutoregressiveDirection direction, int features) where T : unmanaged, IFloatingPointIeee754<T>
        => new(Natural(features), new AffineTransformer<T>(ScaleFunction.Softplus), Settings(run), direction, run.Has("context") ? run.Matrix("context").Cols : 0);

    public static MadeSettings Settings<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int hidden = (int)run.File.Number("hidden"), blocks = (int)run.File.Number("num_blocks");
        if (hidden < 1 || blocks is < 0 or > 100) throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected hidden of at least 1 and 0 to 100 blocks.");
        int[] widths = new int[blocks + 1];
        Array.Fill(widths, hidden);
        return new MadeSettings(widths, ActivationOf(run), run.File.Config.GetProperty("residual").GetBoolean());
    }

    public static Activation ActivationOf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int at = Activations.Names.ToList().IndexOf(run.File.Text("activation"));
        return at >= 0 ? (Activation)at : throw new BadInputException($"{run.File.Path}: config 'activation' is {BadInputException.Quote(run.File.Text("activation"))}, expected one of {string.Join(", ", Activations.Names)}.");
    }

    private static int[] Natural(int features) => [.. Enumerable.Range(0, features)];

    private static void Network<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int rows, int features) = run.Matrix("x");
        int each = (int)run.File.Number("output_multiplier");
        var made = new Made<T>(each, Natural(features), Settings(run));
        using var store = new ParameterStore<T>(run.Backend);
        made.Attach(store, "layer", 1, []);
        store.Build();
        var tensors = new MadeTensors<T>(run, store, "layer.made.", static n => "made." + n, swapped: false);
        tensors.Load();
        tensors.CompareMasks(inputs: false);
        using var tape = new Tape<T>(run.Backend, store);
        Var x = run.Load(tape, "x", rows, features, needsGrad: true), hidden = made.Hidden(tape, x, Var.None), y = made.Output(tape, hidden);
        run.Compare("y", tape, y);
        tape.Backward(tape.Sum(tape.Multiply(run.Load(tape, "ct.y", rows, features * each), y)));
        run.CompareGrad("grad.x", tape, x);
        tensors.CompareGradients();
        for (int j = 0; j < features; j++)
            run.CompareTo(string.Create(CultureInfo.InvariantCulture, $"outputs of feature {j} alone"), Columns(run.Input("y"), features * each, j * each, each), CaseRun<T>.Widen(CaseRun<T>.Read(tape, made.Output(tape, hidden, j))));
    }

    private static double[] Columns(double[] values, int cols, int start, int count)
        => [.. from r in Enumerable.Range(0, values.Length / cols) from c in Enumerable.Range(start, count) select values[(r * cols) + c]];

    private static void Affine<T>(CaseRun<T> run, AutoregressiveDirection direction) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new ConditionalBench<T>(run, NflowsAffine(run, direction, run.Matrix("x").Cols), run.Has("context") ? "context" : null);
        var tensors = new MadeTensors<T>(run, bench.Store, "layer.made.", static n => "made." + n, swapped: true);
        tensors.Load();
        // The one case whose hidden degrees its source drew at random.
        if (run.File.Case == "maf_2") tensors.LoadMasks();
        else tensors.CompareMasks(inputs: true);
        bench.CompareAll(tensors.CompareGradients);
    }

    private static void SoftClip<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // The file gives every feature its place; the layer wants the features place by place.
        double[] places = run.Input("order", run.Matrix("x").Cols);
        int[] order = [.. Enumerable.Range(0, places.Length).OrderBy(j => places[j])];
        var settings = new MadeSettings([run.Matrix("net.0.weight").Rows, run.Matrix("net.1.weight").Rows], ActivationOf(run));
        var transformer = new AffineTransformer<T>(ScaleFunction.SoftClip, run.File.Number("slope"));
        using var bench = new ConditionalBench<T>(run, new Autoregressive<T>(order, transformer, settings), null);
        var tensors = new MadeTensors<T>(run, bench.Store, "layer.made.",
            static n => n.Replace("initial", "net.0", StringComparison.Ordinal).Replace("block0.linear", "net.1", StringComparison.Ordinal).Replace("final", "net.2", StringComparison.Ordinal), swapped: false);
        tensors.Load();
        tensors.CompareMasks(inputs: false);
        bench.CompareAll(tensors.CompareGradients);
    }

    private static void RationalQuadratic<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        FixtureFile file = run.File;
        var settings = new SplineSettings(
            (int)file.Number("num_bins"), file.Number("tail_bound"), file.Number("min_bin_width"), file.Number("min_bin_height"), file.Number("min_derivative"), false);
        Spline(run, new RationalQuadraticTransformer<T>(settings), new RationalQuadraticTransformer<double>(settings));
    }

    private static void Quadratic<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Spline(run, Make<T>(run.File), Make<double>(run.File));

        static QuadraticSplineTransformer<TNumber> Make<TNumber>(FixtureFile file) where TNumber : unmanaged, IFloatingPointIeee754<TNumber> => new(
            (int)file.Number("num_bins"), QuadraticTails.Linear, file.Number("tail_bound"), file.Number("min_bin_width"), file.Number("min_bin_height"));
    }

    private static void Spline<T>(CaseRun<T> run, ITransformer<T> transformer, ITransformer<double> twin) where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Where a spline is flat, the last digit of z or of a knot in single precision moves x by a thousand times as much.
        (double X, double LogDet, IReadOnlyDictionary<string, double>? Gradients) moved = default;
        if (typeof(T) == typeof(float))
        {
            using var backend = new ReferenceBackend<double>();
            CaseRun<double>.Execute(run.File, backend, new FixtureCheck<double>(["x", "ct.z", "ct.log_abs_det", .. MadeTensors<double>.Parameters("made.")], exact =>
            {
                using ConditionalBench<double> bench = Bench(exact, twin, out _);
                moved = bench.MovedByALastDigit(run.File.Number("tail_bound"));
            }));
        }
        using ConditionalBench<T> bench = Bench(run, transformer, out MadeTensors<T> tensors);
        tensors.CompareMasks(inputs: false);
        bench.CompareAll(() => tensors.CompareGradients(moved.Gradients), (moved.X, moved.LogDet));
    }

    private static ConditionalBench<T> Bench<T>(CaseRun<T> run, ITransformer<T> transformer, out MadeTensors<T> tensors) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var bench = new ConditionalBench<T>(run, new Autoregressive<T>(Natural(run.Matrix("x").Cols), transformer, Settings(run)), null);
        tensors = new MadeTensors<T>(run, bench.Store, "layer.made.", static n => "made." + n, swapped: false);
        tensors.Load();
        return bench;
    }
}
