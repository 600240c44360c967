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
        table.Add("logit", new FixtureCheck<T>(Inputs, Logit));
    }

    private static void Run<T>(CaseRun<T> run, IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, layer);
        bench.CompareAll();
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
