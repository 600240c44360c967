using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group elementwise: functions of single features, images included.</summary>
internal static class ElementwiseChecks
{
    private static readonly string[] Inputs = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("leaky_relu", new FixtureCheck<T>(Inputs, static run => Run(run, new LeakyRelu<T>(run.Matrix("x").Cols, run.File.Number("negative_slope")))));
        table.Add("smooth_leaky_relu", new FixtureCheck<T>(Inputs, static run => Run(run, new SmoothLeakyRelu<T>(run.Matrix("x").Cols, run.File.Number("alpha")))));
        table.Add("cauchy_cdf", new FixtureCheck<T>(Inputs, static run => Run(run, new CauchyCdf<T>(run.Matrix("x").Cols))));
        table.Add("exp", new FixtureCheck<T>(Inputs, static run => Run(run, new Exp<T>(run.Matrix("x").Cols))));
        table.Add("learnable_leaky_relu", new FixtureCheck<T>([.. Inputs, "alpha_logit"], static run => Run(run, new LearnableLeakyRelu<T>(run.Matrix("x").Cols), ("alpha_logit", "alpha_logit"))));
        table.Add("sigmoid", new FixtureCheck<T>(Inputs, Sigmoid));
        table.Add("smooth_tanh", new FixtureCheck<T>(Inputs, static run => Run(run, new SmoothTanh<T>(run.Matrix("x").Cols, run.File.Number("alpha"), run.File.Number("beta")))));
        table.Add("sneaky_relu", new FixtureCheck<T>(Inputs, static run => Run(run, new SneakyRelu<T>(run.Matrix("x").Cols, run.File.Number("negative_slope")))));
        table.Add("softplus", new FixtureCheck<T>(Inputs, static run => Run(run, new Softplus<T>(run.Matrix("x").Cols))));
        table.Add("softplus_inverse", new FixtureCheck<T>(Inputs, static run => Run(run, new Softplus<T>(run.Matrix("x").Cols, inverse: true))));
        table.Add("tanh", new FixtureCheck<T>(Inputs, static run => Saturating(run, new Tanh<T>(run.Matrix("x").Cols), -1, static z => (Math.Atanh(z), -Math.Log((1 - z) * (1 + z))))));
        table.Add("logit", new FixtureCheck<T>(Inputs, Logit));
    }

    private static void Run<T>(CaseRun<T> run, IBijector<T> layer, params (string Tensor, string Entry)[] parameters) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, layer, parameters);
        bench.CompareAll();
    }

    private static void Sigmoid<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double temperature = run.File.Number("temperature");
        Saturating(run, new Sigmoid<T>(run.Matrix("x").Cols, temperature), 0, z => (Math.Log(z / (1 - z)) / temperature, -Math.Log(temperature * z * (1 - z))));
    }

    /// <summary>A map onto (low, 1) that reaches its ends within a few digits: its inverse is judged at the stored z as the run's precision holds it, and not where that is an end.</summary>
    private static void Saturating<T>(CaseRun<T> run, IBijector<T> layer, double low, Func<double, (double X, double LogSlope)> inverse) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, layer);
        bench.CompareAll(inverse: false);
        double[] stored = run.Input("z");
        double Inside(double z) => z > low && z < 1 ? z : (low + 1) / 2;
        double[] held = Array.ConvertAll(CaseRun<T>.Widen(CaseRun<T>.Narrow(stored)), Inside);
        bench.Tape.Reset();
        FlowStep back = layer.Inverse(bench.Tape, bench.Tape.Input(CaseRun<T>.Narrow(held), bench.Rows, layer.Dimension), new StepContext());
        run.CompareFunction("x_rec", stored, CaseRun<T>.Read(bench.Tape, back.Output), a => Array.ConvertAll(a, z => inverse(Inside(z)).X));
        var logDet = new double[bench.Rows];
        for (int i = 0; i < held.Length; i++) logDet[i / layer.Dimension] += inverse(held[i]).LogSlope;
        run.CompareTo("inverse log_abs_det (against a closed form)", logDet, CaseRun<T>.Widen(bench.Spread(back.LogAbsDet)));
    }

    private static void Logit<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double clip = run.File.Number("eps"), temperature = run.File.Number("temperature");
        (int rows, int cols) = run.Matrix("x");
        double[] ctZ = run.Input("ct.z", rows * cols), ctLogDet = run.Input("ct.log_abs_det", rows);
        using var bench = new LayerBench<T>(run, new Logit<T>(cols, alpha: 0, temperature: temperature, clip: clip));
        // What was clipped cannot come back, and has no gradient.
        bench.CompareAll(source: Array.ConvertAll(run.Input("x"), v => Math.Clamp(v, clip, 1 - clip)), closed: x =>
        {
            double[] z = new double[x.Length], logDet = new double[rows], gradient = new double[x.Length];
            for (int i = 0; i < x.Length; i++)
            {
                double u = Math.Clamp(x[i], clip, 1 - clip), v = u * (1 - u);
                z[i] = (Math.Log(u) - Math.Log(1 - u)) / temperature;
                logDet[i / cols] -= Math.Log(temperature * v);
                if (u == x[i]) gradient[i] = (ctZ[i] / temperature - ctLogDet[i / cols] * (1 - 2 * u)) / v;
            }
            return (z, logDet, gradient);
        });
    }
}
