using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using LeakyReluLayer = NativeFlow.Layers.LeakyRelu<double>;
using LogitLayer = NativeFlow.Layers.Logit<double>;
using SmoothLeakyReluLayer = NativeFlow.Layers.SmoothLeakyRelu<double>;

namespace NativeFlow.Tests;

/// <summary>One method a layer: from a fixture's inputs to every tensor that the fixture holds numbers for.</summary>
public static class FlowFixtures
{
    public static List<(string Name, double[] Values)> LeakyRelu(Fixture f, IBackend<double> backend)
        => Bijector(f, backend, new LeakyReluLayer(Columns(f), f.Config.GetProperty("negative_slope").GetDouble()), []);

    public static List<(string Name, double[] Values)> SmoothLeakyRelu(Fixture f, IBackend<double> backend)
        => Bijector(f, backend, new SmoothLeakyReluLayer(Columns(f), f.Config.GetProperty("alpha").GetDouble()), []);

    public static List<(string Name, double[] Values)> Logit(Fixture f, IBackend<double> backend)
        => Bijector(f, backend, new LogitLayer(Columns(f), alpha: 0, temperature: f.Config.GetProperty("temperature").GetDouble(), clip: f.Config.GetProperty("eps").GetDouble()), []);

    public static List<(string Name, double[] Values)> ActNorm(Fixture f, IBackend<double> backend)
    {
        int channels = f.Shape("log_scale")[0];
        bool centerFirst = f.Has("translation");
        return Bijector(f, backend, new ActNorm<double>(channels, Columns(f) / channels, centerFirst), [("log_scale", "log_scale"), (centerFirst ? "translation" : "shift", "shift")]);
    }

    public static List<(string Name, double[] Values)> Permutation(Fixture f, IBackend<double> backend)
    {
        int[] order = Array.ConvertAll(f["permutation"], v => (int)v);
        return Bijector(f, backend, Permutation<double>.Given(order, Columns(f) / order.Length), []);
    }

    /// <summary>Start values from the first batch. The third form in some files (biased.*) is another library's and not offered.</summary>
    public static List<(string Name, double[] Values)> ActNormInit(Fixture f, IBackend<double> backend)
    {
        int channels = f.Shape("init.log_scale")[0], rows = f.Shape("x")[0];
        var results = new List<(string, double[])>();
        foreach (bool centerFirst in (bool[])[false, true])
        {
            string prefix = centerFirst ? "center_first." : "";
            var layer = new ActNorm<double>(channels, Columns(f) / channels, centerFirst);
            using ParameterStore<double> store = Attach(layer, backend);
            layer.Initialize(store, f["x"], rows);
            using var tape = new Tape<double>(backend, store);
            FlowStep step = layer.Forward(tape, tape.Input(f["x"], rows, layer.Dimension), new StepContext());
            results.Add(($"{prefix}init.log_scale", store.Read(store.Find("layer.log_scale"))));
            results.Add(($"{prefix}init.{(centerFirst ? "translation" : "shift")}", store.Read(store.Find("layer.shift"))));
            results.Add(($"{prefix}z", Read(tape, step.Output)));
            results.Add(($"{prefix}log_abs_det", Enumerable.Repeat(Read(tape, step.LogAbsDet)[0], rows).ToArray()));
        }
        return results;
    }

    /// <summary>Every sample has its own parameters: the op, without a bijector.</summary>
    public static List<(string Name, double[] Values)> RationalQuadraticSpline(Fixture f, IBackend<double> backend)
    {
        int rows = f.Shape("x")[0], columns = Columns(f), bins = f.Config.GetProperty("num_bins").GetInt32();
        var settings = new SplineSettings(
            bins, f.Config.GetProperty("tail_bound").GetDouble(), f.Config.GetProperty("min_bin_width").GetDouble(), f.Config.GetProperty("min_bin_height").GetDouble(),
            f.Config.GetProperty("min_derivative").GetDouble(), f.Config.TryGetProperty("enable_identity_init", out var identity) && identity.GetBoolean());
        (string Name, int Length)[] parts = [("unnormalized_widths", bins), ("unnormalized_heights", bins), ("unnormalized_derivatives", bins - 1)];
        var raw = new double[rows * columns * settings.RawLength];
        for (int e = 0; e < rows * columns; e++)
        {
            int at = e * settings.RawLength;
            foreach ((string name, int length) in parts)
            {
                f[name].AsSpan(e * length, length).CopyTo(raw.AsSpan(at));
                at += length;
            }
        }

        using var tape = new Tape<double>(backend);
        Var x = tape.Input(f["x"], rows, columns, needsGrad: true), p = tape.Input(raw, rows, columns * settings.RawLength, needsGrad: true);
        (Var z, Var logDet) = RationalQuadraticSplineOp<double>.Record(tape, x, p, settings);
        (Var back, _) = RationalQuadraticSplineOp<double>.RecordInverse(tape, tape.Input(f["z"], rows, columns), p.Detach(), settings);
        tape.Backward(Weighted(tape, z, f["ct.z"], logDet, f["ct.log_abs_det"]));
        double[] dp = new double[raw.Length];
        tape.ReadGrad(p, dp);
        var results = new List<(string, double[])> { ("z", Read(tape, z)), ("log_abs_det", Read(tape, logDet)), ("grad.x", ReadGrad(tape, x)), ("x_rec", Read(tape, back)) };
        int start = 0;
        foreach ((string name, int length) in parts)
        {
            var part = new double[rows * columns * length];
            for (int e = 0; e < rows * columns; e++) dp.AsSpan((e * settings.RawLength) + start, length).CopyTo(part.AsSpan(e * length));
            results.Add(("grad." + name, part));
            start += length;
        }
        return results;
    }

    public static List<(string Name, double[] Values)> StandardNormal(Fixture f, IBackend<double> backend)
    {
        int rows = f.Shape("x")[0];
        using var tape = new Tape<double>(backend);
        Var x = tape.Input(f["x"], rows, Columns(f), needsGrad: true);
        Var logProb = new StandardNormal<double>(Columns(f)).LogProb(tape, x);
        tape.Backward(logProb, f["ct.log_prob"]);
        return [("log_prob", Read(tape, logProb)), ("grad.x", ReadGrad(tape, x))];
    }

    private static List<(string Name, double[] Values)> Bijector(Fixture f, IBackend<double> backend, IBijector<double> layer, (string Fixture, string Ours)[] parameters)
    {
        using ParameterStore<double> store = Attach(layer, backend);
        foreach ((string name, string ours) in parameters) store.Write(store.Find("layer." + ours), f[name]);
        using var tape = new Tape<double>(backend, store);
        int rows = f.Shape("x")[0];
        Var x = tape.Input(f["x"], rows, layer.Dimension, needsGrad: true);
        FlowStep step = layer.Forward(tape, x, new StepContext());
        FlowStep back = layer.Inverse(tape, tape.Input(f["z"], rows, layer.Dimension), new StepContext());
        tape.Backward(Weighted(tape, step.Output, f["ct.z"], step.LogAbsDet, f["ct.log_abs_det"]));
        double[] logDet = Read(tape, step.LogAbsDet);
        var results = new List<(string, double[])>
        {
            ("z", Read(tape, step.Output)),
            ("log_abs_det", logDet.Length == rows ? logDet : Enumerable.Repeat(logDet[0], rows).ToArray()),
            ("grad.x", ReadGrad(tape, x)),
            ("x_rec", Read(tape, back.Output)),
        };
        foreach ((string name, string ours) in parameters) results.Add(("grad." + name, store.ReadGradient(store.Find("layer." + ours))));
        return results;
    }

    private static ParameterStore<double> Attach(IBijector<double> layer, IBackend<double> backend)
    {
        var store = new ParameterStore<double>(backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        return store;
    }

    private static Var Weighted(Tape<double> tape, Var z, double[] ct, Var logDet, double[] ctLogDet)
    {
        Var first = tape.MatMul(tape.Input(ct, 1, ct.Length), z.Reshape(ct.Length, 1));
        Var second = logDet.Length == 1 ? tape.Scale(logDet, ctLogDet.Sum()) : tape.MatMul(tape.Input(ctLogDet, 1, ctLogDet.Length), logDet);
        return tape.Add(first, second);
    }

    private static int Columns(Fixture f) => f["x"].Length / f.Shape("x")[0];

    private static double[] Read(Tape<double> tape, Var v)
    {
        var values = new double[v.Length];
        tape.Read(v, values);
        return values;
    }

    private static double[] ReadGrad(Tape<double> tape, Var v)
    {
        var values = new double[v.Length];
        tape.ReadGrad(v, values);
        return values;
    }
}
