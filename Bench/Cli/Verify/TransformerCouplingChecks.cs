using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Couplings whose transformer is a spline or the distribution function of a mixture, behind a network.</summary>
internal static class TransformerCouplingChecks
{
    private static readonly string[] Parameters = ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        void Layer(string layer, Func<CaseRun<T>, ITransformer<T>> make)
            => table.Add(layer, new FixtureCheck<T>(["x", .. Parameters, "ct.z", "ct.log_abs_det"], run => Compare(run, make(run), layer == "linear_spline_coupling")));
        Layer("cubic_spline_coupling", run =>
        {
            (bool tails, double bound) = TransformerChecks.Tails(run);
            return new CubicSplineTransformer<T>(Bins(run), tails, bound, run.File.Number("min_bin_width"), run.File.Number("min_bin_height"), Factor(run));
        });
        Layer("linear_spline_coupling", run =>
        {
            (bool tails, double bound) = TransformerChecks.Tails(run);
            return new LinearSplineTransformer<T>(Bins(run), tails, bound);
        });
        Layer("mixture_gaussian_cdf_coupling", run => new MixtureCdfTransformer<T>(TransformerChecks.Whole(run, "components"), normal: true));
        Layer("mixture_logistic_cdf_coupling", run => new MixtureCdfTransformer<T>(TransformerChecks.Whole(run, "components"), normal: false));
        Layer("quadratic_spline_coupling", run =>
        {
            (bool tails, double bound) = TransformerChecks.Tails(run);
            return new QuadraticSplineTransformer<T>(
                Bins(run), tails ? QuadraticTails.Linear : QuadraticTails.None, bound, run.File.Number("min_bin_width"), run.File.Number("min_bin_height"), Factor(run));
        });
    }

    private static int Bins<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => TransformerChecks.Whole(run, "num_bins");

    private static double Factor<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
        => run.File.Config.TryGetProperty("divide_widths_heights_by_sqrt_hidden", out JsonElement hidden) && hidden.ValueKind == JsonValueKind.Number ? 1 / Math.Sqrt(hidden.GetDouble()) : 1;

    private static void Compare<T>(CaseRun<T> run, ITransformer<T> transformer, bool knotShifted) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool[] moved = new bool[run.Matrix("x").Cols];
        // Without a mask the first half passes, the larger one where they differ.
        if (run.File.Config.TryGetProperty("mask", out JsonElement mask))
        {
            if (mask.ValueKind != JsonValueKind.Array || mask.GetArrayLength() != moved.Length) throw new BadInputException($"{run.File.Path}: config 'mask' must list {moved.Length} numbers; the file is damaged or of another kind.");
            for (int j = 0; j < moved.Length; j++) moved[j] = mask[j].GetDouble() > 0;
        }
        else
        {
            moved.AsSpan((moved.Length + 1) / 2).Fill(true);
        }
        int moving = moved.AsSpan().Count(true);
        string activation = run.File.Config.TryGetProperty("activation", out JsonElement name) ? name.GetString() ?? "" : "";
        if (activation != "tanh") throw new BadInputException($"{run.File.Path}: config 'activation' is '{activation}', expected tanh; the file is damaged or of another kind.");
        var net = new Mlp<T>(moved.Length - moving, moving * transformer.ParametersPerFeature, [run.Matrix(Parameters[0]).Rows], Activation.Tanh);
        // nflows shifts a knot of its inverse linear spline by 10^-6.
        using var bench = new LayerBench<T>(run, new Coupling<T>(moved, transformer, net), [.. Parameters.Select(p => (p, p))]) { SourceInverse = knotShifted ? 1e-6 : 0, Moved = LastDigit(run, moved, transformer) };
        bench.CompareAll();
    }

    // Near the ends of (0, 1), or where a spline is flat, the last digit of z in single precision moves x by far more. In double, by the reference.
    private static (double X, double LogDet) LastDigit<T>(CaseRun<T> run, bool[] moved, ITransformer<T> transformer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) != typeof(float)) return (0, 0);
        ITransformer<double> again = TransformerChecks.InDouble(transformer);
        int moving = moved.AsSpan().Count(true), rows = run.Matrix("x").Rows;
        var layer = new Coupling<double>(moved, again, new Mlp<double>(moved.Length - moving, moving * again.ParametersPerFeature, [run.Matrix(Parameters[0]).Rows], Activation.Tanh));
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        foreach (string name in Parameters) store.Write(store.Find("layer." + name), run.Input(name));
        using var tape = new Tape<double>(backend, store);
        double[] z = CaseRun<double>.Read(tape, layer.Forward(tape, tape.Input(run.Input("x"), rows, moved.Length), new StepContext()).Output);
        (double[] x, double[] logDet) = Inverse(z);
        (double[] xBeyond, double[] logDetBeyond) = Inverse(Array.ConvertAll(z, static v => (double)(v > 0 ? MathF.BitDecrement((float)v) : MathF.BitIncrement((float)v))));
        return (Most(x, xBeyond), Most(logDet, logDetBeyond));

        (double[], double[]) Inverse(double[] at)
        {
            FlowStep step = layer.Inverse(tape, tape.Input(at, rows, moved.Length), new StepContext());
            return (CaseRun<double>.Read(tape, step.Output), CaseRun<double>.Read(tape, step.LogAbsDet));
        }

        static double Most(double[] a, double[] b)
        {
            double most = 0;
            for (int i = 0; i < a.Length; i++) most = Math.Max(most, Math.Abs(a[i] - b[i]));
            return most;
        }
    }
}
