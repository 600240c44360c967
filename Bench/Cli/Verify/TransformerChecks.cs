using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Transformers whose every sample has its own parameters, stored apart: splines, polynomials, mixtures.</summary>
internal static class TransformerChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        void Layer(string layer, Func<CaseRun<T>, (ITransformer<T>, Part[])> make, params string[] parameters)
            => table.Add(layer, new FixtureCheck<T>(["x", .. parameters, "ct.z", "ct.log_abs_det"], run => CompareAll(run, make)));
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

    /// <summary>The same transformer in double, by way of its recipe.</summary>
    internal static ITransformer<double> InDouble<T>(ITransformer<T> transformer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            TransformerRegistry.Write(json, "transformer", transformer);
            json.WriteEndObject();
        }
        using JsonDocument recipe = JsonDocument.Parse(buffer.ToArray());
        return TransformerRegistry.Create<double>(recipe.RootElement.GetProperty("transformer"));
    }

    private static void CompareAll<T>(CaseRun<T> run, Func<CaseRun<T>, (ITransformer<T>, Part[])> make) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (ITransformer<T> transformer, Part[] parts) = make(run);
        (int rows, int cols) = run.Matrix("x");
        int p = transformer.ParametersPerFeature;
        // x, then the raw parameters of its elements.
        double[] arguments = new double[rows * cols * (1 + p)];
        run.Input("x", rows * cols).CopyTo(arguments, 0);
        ForEach(parts, rows, cols, p, run.Input, (from, to, values) => arguments[(rows * cols) + to] = values[from]);

        using var tape = new Tape<T>(run.Backend);
        (Var z, Var logDet, double[] gradient) = Evaluate(run, tape, transformer, arguments, rows, cols);
        double[] zValues = CaseRun<T>.Widen(CaseRun<T>.Read(tape, z)), logDetValues = CaseRun<T>.Widen(CaseRun<T>.Read(tape, logDet));
        Compare("z", zValues, static (tape, z, _, _) => CaseRun<double>.Read(tape, z));
        Compare("log_abs_det", logDetValues, static (tape, _, logDet, _) => CaseRun<double>.Read(tape, logDet));
        Compare("grad.x", gradient[..(rows * cols)], (_, _, _, g) => g[..(rows * cols)]);
        foreach (Part part in parts) Compare("grad." + part.Tensor, Take(gradient, part), (_, _, _, g) => Take(g, part));

        Var raw = tape.Input(CaseRun<T>.Narrow(arguments[(rows * cols)..]), rows, cols * p);
        (Var back, Var backLogDet) = transformer.Inverse(tape, z.Detach(), raw);
        // zuko inverts by bisection, to about 10^-7 of its interval.
        bool bisected = transformer is BernsteinTransformer<T> or GaussianizationTransformer<T> or SumOfSquaresTransformer<T>;
        if (run.Has("x_rec")) run.Compare("x_rec", CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)), moved: new Allowance(Source: bisected ? 1e-6 : 0));
        run.CompareTo("inverse (against x)", run.Input("x"), CaseRun<T>.Widen(CaseRun<T>.Read(tape, back)));
        double[] minus = Array.ConvertAll(logDetValues, static v => -v);
        run.CompareTo("inverse log_abs_det (against -log_abs_det)", minus, CaseRun<T>.Widen(CaseRun<T>.Read(tape, backLogDet)));

        void Compare(string tensor, double[] computed, Func<Tape<double>, Var, Var, double[], double[]> take) => run.Compare(tensor, computed, moved: new Allowance(LastDigit: Moved(take)));

        // In single precision the last digit of the knot that x is measured from moves the slope of a narrow cubic; so does that of x, here in double.
        double Moved(Func<Tape<double>, Var, Var, double[], double[]> take)
        {
            if (typeof(T) != typeof(float) || transformer is not CubicSplineTransformer<T>) return 0;
            double[] beyond = (double[])arguments.Clone();
            for (int i = 0; i < rows * cols; i++) beyond[i] = beyond[i] > 0 ? MathF.BitDecrement((float)beyond[i]) : MathF.BitIncrement((float)beyond[i]);
            using var backend = new ReferenceBackend<double>();
            using var exact = new Tape<double>(backend);
            double[][] both = Array.ConvertAll([arguments, beyond], at =>
            {
                (Var z, Var logDet, double[] gradient) = Evaluate(run, exact, InDouble(transformer), at, rows, cols);
                return take(exact, z, logDet, gradient);
            });
            double most = 0;
            for (int i = 0; i < both[0].Length; i++) most = Math.Max(most, Math.Abs(both[1][i] - both[0][i]));
            return most;
        }

        double[] Take(double[] gradient, Part wanted)
        {
            double[] result = [];
            ForEach(parts, rows, cols, p, (name, count) => name == wanted.Tensor ? result = new double[count] : new double[count], (from, to, values) => values[from] = gradient[(rows * cols) + to]);
            return result;
        }
    }

    // z, log-determinant, and the gradient of sum(ct.z z) + sum(ct.log_abs_det log_abs_det) in the arguments.
    private static (Var Z, Var LogDet, double[] Gradient) Evaluate<T, TNumber>(CaseRun<T> run, Tape<TNumber> tape, ITransformer<TNumber> transformer, double[] arguments, int rows, int cols)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TNumber : unmanaged, IFloatingPointIeee754<TNumber>
    {
        int elements = rows * cols;
        Var x = tape.Input(CaseRun<TNumber>.Narrow(arguments[..elements]), rows, cols, needsGrad: true);
        Var raw = tape.Input(CaseRun<TNumber>.Narrow(arguments[elements..]), rows, cols * transformer.ParametersPerFeature, needsGrad: true);
        (Var z, Var logDet) = transformer.Forward(tape, x, raw);
        Var ctZ = tape.Input(CaseRun<TNumber>.Narrow(run.Input("ct.z", elements)), rows, cols), ctLogDet = tape.Input(CaseRun<TNumber>.Narrow(run.Input("ct.log_abs_det", rows)), rows, 1);
        tape.Backward(tape.Add(tape.Sum(tape.Multiply(ctZ, z)), tape.Sum(tape.Multiply(ctLogDet, logDet))));
        return (z, logDet, [.. CaseRun<TNumber>.Widen(CaseRun<TNumber>.ReadGrad(tape, x)), .. CaseRun<TNumber>.Widen(CaseRun<TNumber>.ReadGrad(tape, raw))]);
    }

    // Walks all numbers of all parts, with their places in the stored tensor and among the raw parameters.
    private static void ForEach(Part[] parts, int rows, int cols, int p, Func<string, int, double[]> values, Action<int, int, double[]> visit)
    {
        int start = 0;
        foreach (Part part in parts)
        {
            double[] stored = values(part.Tensor, rows * cols * part.Length);
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < cols; c++)
                    for (int k = 0; k < part.Length; k++)
                        visit(part.KindFirst ? (((r * part.Length) + k) * cols) + c : (((r * cols) + c) * part.Length) + k, (((r * cols) + c) * p) + start + k, stored);
            start += part.Length;
        }
    }

    /// <summary>A stored tensor of raw parameters.</summary>
    /// <param name="Tensor">Its name.</param>
    /// <param name="Length">Numbers of one element.</param>
    /// <param name="KindFirst">Whether they are stored before the features, as axis 1.</param>
    private sealed record Part(string Tensor, int Length, bool KindFirst = false);
}
