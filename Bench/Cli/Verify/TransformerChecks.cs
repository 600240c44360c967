using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Transformers whose every sample has its own parameters, stored apart: splines, polynomials, mixtures.</summary>
internal static class TransformerChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        void Layer(string layer, Func<CaseRun<T>, (ITransformer<T>, Part[])> make, params string[] parameters)
            => table.Add(layer, new FixtureCheck<T>(["x", .. parameters, "ct.z", "ct.log_abs_det"], run => Compare(run, make)));
        string[] spline = ["unnormalized_widths", "unnormalized_heights"];
        Layer("bernstein", run => (new BernsteinTransformer<T>(Whole(run, "num_theta"), false, run.File.Number("bound"), run.File.Number("eps")), [new("theta", Whole(run, "num_theta"))]), "theta");
        Layer("bernstein_bounded", run => (new BernsteinTransformer<T>(Whole(run, "num_theta"), true, run.File.Number("bound"), run.File.Number("eps"), shiftedTails: true), [new("theta", Whole(run, "num_theta"))]), "theta");
        Layer("cubic_spline", run =>
        {
            int bins = Whole(run, "num_bins");
            (bool tails, double bound) = Tails(run);
            return (new CubicSplineTransformer<T>(bins, tails, bound, run.File.Number("min_bin_width"), run.File.Number("min_bin_height")),
                [new(spline[0], bins), new(spline[1], bins), new("unnorm_derivatives_left", 1), new("unnorm_derivatives_right", 1)]);
        }, [.. spline, "unnorm_derivatives_left", "unnorm_derivatives_right"]);
        Layer("gaussianization", run => (new GaussianizationTransformer<T>(Whole(run, "K")), [new("shift", Whole(run, "K")), new("scale", Whole(run, "K"))]), "shift", "scale");
        Layer("linear_spline", run =>
        {
            (bool tails, double bound) = Tails(run);
            return (new LinearSplineTransformer<T>(Whole(run, "num_bins"), tails, bound), [new("unnormalized_pdf", Whole(run, "num_bins"))]);
        }, "unnormalized_pdf");
        Layer("mixture_logistic_flowpp", run =>
        {
            int k = Whole(run, "components");
            return (new MixtureLogisticTransformer<T>(k), [new("a", 1), new("b", 1), new("logits", k, true), new("means", k, true), new("log_scales", k, true)]);
        }, "a", "b", "logits", "means", "log_scales");
        Layer("quadratic_spline", run =>
        {
            int bins = Whole(run, "num_bins");
            (bool tails, double bound) = Tails(run);
            return (new QuadraticSplineTransformer<T>(bins, tails ? QuadraticTails.Linear : QuadraticTails.None, bound, run.File.Number("min_bin_width"), run.File.Number("min_bin_height")),
                [new(spline[0], bins), new(spline[1], tails ? bins - 1 : bins + 1)]);
        }, spline);
        Layer("rq_spline_bounded", run =>
        {
            int bins = Whole(run, "num_bins");
            FixtureFile f = run.File;
            return (new RationalQuadraticBoundedTransformer<T>(
                bins, f.Number("left"), f.Number("right"), f.Number("bottom"), f.Number("top"), f.Number("min_bin_width"), f.Number("min_bin_height"), f.Number("min_derivative")),
                [new(spline[0], bins), new(spline[1], bins), new("unnormalized_derivatives", bins + 1)]);
        }, [.. spline, "unnormalized_derivatives"]);
        Layer("rq_spline_softclip", run =>
        {
            int bins = Whole(run, "num_bins");
            return (new RationalQuadraticSoftClipTransformer<T>(bins, run.File.Number("bound"), run.File.Number("slope")), [new("widths", bins), new("heights", bins), new("derivatives", bins - 1)]);
        }, "widths", "heights", "derivatives");
        Layer("sos_polynomial", run =>
        {
            int polynomials = Whole(run, "K"), degree = Whole(run, "degree");
            return (new SumOfSquaresTransformer<T>(polynomials, degree, run.File.Number("bound"), run.File.Number("slope")), [new("a", polynomials * (degree + 1))]);
        }, "a");
    }

    /// <summary>Whether the case has linear tails, and its bound (1 where there is none).</summary>
    internal static (bool Tails, double Bound) Tails<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool tails = run.File.Config.TryGetProperty("tails", out JsonElement value) && value.ValueKind == JsonValueKind.String;
        return (tails, tails ? run.File.Number("tail_bound") : 1);
    }

    internal static int Whole<T>(CaseRun<T> run, string name) where T : unmanaged, IFloatingPointIeee754<T> => (int)run.File.Number(name);

    private static void Compare<T>(CaseRun<T> run, Func<CaseRun<T>, (ITransformer<T>, Part[])> make) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (ITransformer<T> transformer, Part[] parts) = make(run);
        (int rows, int cols) = run.Matrix("x");
        int p = transformer.ParametersPerFeature;
        var raw = new T[rows * cols * p];
        ForEach(run, parts, rows, cols, p, (part, from, to, values) => raw[to] = values[from], run.Values);

        using var tape = new Tape<T>(run.Backend);
        Var x = run.Load(tape, "x", rows, cols, needsGrad: true), parameters = tape.Input(raw, rows, cols * p, needsGrad: true);
        (Var z, Var logDet) = transformer.Forward(tape, x, parameters);
        run.Compare("z", tape, z);
        run.Compare("log_abs_det", tape, logDet);
        tape.Backward(tape.Add(tape.Sum(tape.Multiply(run.Load(tape, "ct.z", rows, cols), z)), tape.Sum(tape.Multiply(run.Load(tape, "ct.log_abs_det", rows, 1), logDet))));
        run.CompareGrad("grad.x", tape, x);
        T[] gradient = CaseRun<T>.ReadGrad(tape, parameters);
        ForEach(run, parts, rows, cols, p, (part, from, to, values) => values[from] = gradient[to], (name, count) => new T[count], (name, values) => run.Compare("grad." + name, values));

        (Var back, Var backLogDet) = transformer.Inverse(tape, z.Detach(), parameters.Detach());
        // zuko inverts by bisection, to about 10^-7 of its interval.
        bool bisected = transformer is BernsteinTransformer<T> or GaussianizationTransformer<T> or SumOfSquaresTransformer<T>;
        if (run.Has("x_rec")) run.Compare("x_rec", CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)), moved: bisected ? 1e-6 : 0);
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)));
        double[] minus = Array.ConvertAll(CaseRun<T>.Widen(CaseRun<T>.Read(tape, logDet)), static v => -v);
        run.CompareTo("inverse log_abs_det (against -log_abs_det)", minus, CaseRun<T>.Widen(CaseRun<T>.Read(tape, backLogDet)));
    }

    // Walks all numbers of all parts, with their places in the stored tensor and among the raw parameters.
    private static void ForEach<T>(CaseRun<T> run, Part[] parts, int rows, int cols, int p, Action<Part, int, int, T[]> visit, Func<string, int, T[]> values, Action<string, T[]>? finish = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int start = 0;
        foreach (Part part in parts)
        {
            T[] stored = values(part.Tensor, rows * cols * part.Length);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    for (int k = 0; k < part.Length; k++)
                        visit(part, part.KindFirst ? (((r * part.Length) + k) * cols) + c : (((r * cols) + c) * part.Length) + k, (((r * cols) + c) * p) + start + k, stored);
            finish?.Invoke(part.Tensor, stored);
            start += part.Length;
        }
    }

    /// <summary>A stored tensor of raw parameters.</summary>
    /// <param name="Tensor">Its name.</param>
    /// <param name="Length">Numbers of one element.</param>
    /// <param name="KindFirst">Whether they are stored before the features, as axis 1.</param>
    private sealed record Part(string Tensor, int Length, bool KindFirst = false);
}
