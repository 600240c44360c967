using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Couplings whose transformer is a spline or the distribution function of a mixture, behind a network.</summary>
internal static class TransformerCouplingChecks
{
    private static readonly string[] Parameters = ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        void Layer(string layer, Func<CaseRun<T>, ITransformer<T>> make)
            => table.Add(layer, new FixtureCheck<T>(["x", .. Parameters, "ct.z", "ct.log_abs_det"], run => Compare(run, make(run))));
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

    private static void Compare<T>(CaseRun<T> run, ITransformer<T> transformer) where T : unmanaged, IFloatingPointIeee754<T>
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
        using var bench = new LayerBench<T>(run, new Coupling<T>(moved, transformer, net), [.. Parameters.Select(p => (p, p))]);
        bench.CompareAll();
    }
}
