using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group normalization: ActNorm in both forms and its start values from a batch; batch normalization in training and evaluation.</summary>
internal static class NormalizationChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("actnorm", new FixtureCheck<T>(["x", "log_scale", "shift", "ct.z", "ct.log_abs_det"], static run => ActNorm(run, false)));
        table.Add("actnorm_center_first", new FixtureCheck<T>(["x", "log_scale", "translation", "ct.z", "ct.log_abs_det"], static run => ActNorm(run, true)));
        table.Add("actnorm_init", new FixtureCheck<T>(["x"], Initialize));
        table.Add("batchnorm", new FixtureCheck<T>(["x", "running_mean", "running_var", "unconstrained_weight", "bias", "ct.z", "ct.log_abs_det"], Batch));
    }

    private static void ActNorm<T>(CaseRun<T> run, bool centerFirst) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int channels = Math.Max(1, run.Input("log_scale").Length);
        using var bench = new LayerBench<T>(run, new ActNorm<T>(channels, run.Matrix("x").Cols / channels, centerFirst), ("log_scale", "log_scale"), (centerFirst ? "translation" : "shift", "shift"));
        bench.CompareAll();
    }

    private static void Batch<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int cols = run.Matrix("x").Cols;
        bool training = run.File.Config.GetProperty("training").GetBoolean();
        var layer = new BatchNorm<T>(cols, 1, run.File.Number("eps"), run.File.Number("momentum"));
        using var bench = new LayerBench<T>(run, layer, ("unconstrained_weight", "unconstrained_weight"), ("bias", "bias"));
        bench.Store.Write(bench.Find("running_mean"), run.Input("running_mean", cols));
        bench.Store.Write(bench.Find("running_var"), run.Input("running_var", cols));
        Var x = bench.LoadX();
        FlowStep step = layer.Forward(bench.Tape, x, new StepContext { Mode = training ? FlowMode.Train : FlowMode.Evaluate });
        T[] z = CaseRun<T>.Read(bench.Tape, step.Output), logDet = bench.Spread(step.LogAbsDet);
        run.Compare("z", z);
        run.Compare("log_abs_det", logDet);
        bench.Tape.Backward(bench.Tape.Add(bench.Weighted(step.Output, "ct.z"), bench.Weighted(step.LogAbsDet, "ct.log_abs_det")));
        run.CompareGrad("grad.x", bench.Tape, x);
        run.Compare("grad.unconstrained_weight", bench.Store.ReadGradient(bench.Find("unconstrained_weight")));
        run.Compare("grad.bias", bench.Store.ReadGradient(bench.Find("bias")));
        if (!training)
        {
            bench.CompareInverse(z, logDet, Sensitivity.Plain);
            return;
        }
        run.Compare("running_mean.after", bench.Store.Read(bench.Find("running_mean")));
        run.Compare("running_var.after", bench.Store.Read(bench.Find("running_var")));
    }

    private static void Initialize<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] shape = run.Shape("x");
        if (shape.Length < 2) throw new BadInputException($"{run.File.Path}: 'x' has shape [{string.Join(", ", shape)}], expected batch and channels.");
        (int rows, int cols) = run.Matrix("x");
        int channels = shape[1], pixels = cols / channels;
        foreach ((bool centerFirst, string prefix) in ((bool, string)[])[(false, ""), (true, "center_first.")])
        {
            var layer = new ActNorm<T>(channels, pixels, centerFirst);
            using var bench = new LayerBench<T>(run, layer);
            layer.Initialize(bench.Store, run.Values("x"), rows);
            CompareForward(run, bench, prefix);
            run.Compare(prefix + "init.log_scale", bench.Store.Read(bench.Find("log_scale")));
            run.Compare(prefix + (centerFirst ? "init.translation" : "init.shift"), bench.Store.Read(bench.Find("shift")));
        }
        if (run.Has("biased.z")) Biased(run, rows, channels, pixels);
    }

    /// <summary>Another library's start values, not offered by ActNorm: z = (x - mean)/(biased std + 1e-6), made of row reductions and a fixed affine map.</summary>
    private static void Biased<T>(CaseRun<T> run, int rows, int channels, int pixels) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T[] x = run.Values("x"), byChannel = new T[x.Length], mean = new T[channels], variance = new T[channels];
        for (int i = 0; i < x.Length; i++)
        {
            int row = i / (channels * pixels), channel = i / pixels % channels, pixel = i % pixels;
            byChannel[(channel * rows + row) * pixels + pixel] = x[i];
        }
        RowReductions.Mean<T>(byChannel, channels, rows * pixels, mean);
        RowReductions.Variance<T>(byChannel, channels, rows * pixels, false, variance);
        double[] deviation = Array.ConvertAll(CaseRun<T>.Widen(variance), static v => Math.Sqrt(v) + 1e-6);
        run.Compare("biased.init.mean", mean);
        run.Compare("biased.init.inv_std", Array.ConvertAll(deviation, static v => 1 / v));
        double[] wide = CaseRun<T>.Widen(mean);
        double[] Spread(double[] perChannel) => [.. Enumerable.Range(0, channels * pixels).Select(i => perChannel[i / pixels])];
        using var bench = new LayerBench<T>(run, Affine<T>.Standardize(Spread(wide), Spread(deviation)));
        CompareForward(run, bench, "biased.");
    }

    private static void CompareForward<T>(CaseRun<T> run, LayerBench<T> bench, string prefix) where T : unmanaged, IFloatingPointIeee754<T>
    {
        FlowStep step = bench.Layer.Forward(bench.Tape, bench.LoadX(false), new StepContext());
        run.Compare(prefix + "z", bench.Tape, step.Output);
        run.Compare(prefix + "log_abs_det", bench.Spread(step.LogAbsDet));
    }
}
