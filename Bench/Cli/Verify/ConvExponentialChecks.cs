using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group conv: the convolution exponential with the stored number of terms. Its value is truncated, so it says so; the log-determinant is that of the full series.</summary>
internal static class ConvExponentialChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("conv_exponential", new FixtureCheck<T>(["x", "kernel", "ct.z", "ct.log_abs_det"], Run));

    private static void Run<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] x = run.Shape("x");
        int kernel = (int)run.File.Number("kernel_size"), terms = (int)run.File.Number("terms");
        if (x.Length != 4) throw new BadInputException($"{run.File.Path}: 'x' has {x.Length} axes, expected batch, channels, height and width; the file is damaged or of another kind.");
        var image = new ImageShape(x[1], x[2], x[3]);
        using var bench = new LayerBench<T>(run, new ConvExponential<T>(image, kernel, terms: terms), ("kernel", "kernel"));
        Var input = bench.LoadX();
        FlowStep step = bench.Layer.Forward(bench.Tape, input, new StepContext { Mode = FlowMode.Train });
        if (step.Value != ValueKind.Truncated) throw new InvalidOperationException($"{bench.Layer.Kind}: a fixed number of terms is {step.Value}, expected a truncated series.");
        T[] z = CaseRun<T>.Read(bench.Tape, step.Output), logDet = bench.Spread(step.LogAbsDet);
        bench.Tape.Backward(bench.Tape.Add(bench.Weighted(step.Output, "ct.z"), bench.Weighted(step.LogAbsDet, "ct.log_abs_det")));
        run.Compare("z", z);
        run.Compare("log_abs_det", logDet);
        run.CompareGrad("grad.x", bench.Tape, input);
        run.Compare("grad.kernel", bench.Store.ReadGradient(bench.Find("kernel")));
        bench.CompareInverse(z, logDet, Sensitivity.Plain);
    }
}
