using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group selfnorm: the relative gradient. The file's rows are y = x W + b, so its W is the layer's transposed.</summary>
internal static class RelativeGradientChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("relative_gradient", new FixtureCheck<T>(["x", "weight", "bias", "ct.y"], Run));

    private static void Run<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Order("weight");
        (T[] y, T[] weight, T[] bias) = Gradient(run, d, new ExactLu<T>(), withLogDet: false);
        run.Compare("y", y);
        run.Compare("grad.weight", weight);
        run.Compare("grad.bias", bias);

        (y, weight, bias) = Gradient(run, d, new RelativeGradient<T>(), withLogDet: false);
        run.Compare("y", y);
        run.Compare("relative.weight", weight);
        run.Compare("relative.bias", bias);

        (_, weight, bias) = Gradient(run, d, new RelativeGradient<T>(biasWithoutLogDet: true), withLogDet: true);
        run.Compare("relative_with_logdet.weight", weight);
        run.Compare("relative_with_logdet.bias", bias);

        // The correct update differs from the source's in the bias, by exactly -b (README, section 5).
        (_, T[] correctWeight, T[] correctBias) = Gradient(run, d, new RelativeGradient<T>(), withLogDet: true);
        double[] b = run.Input("bias", d), difference = new double[d];
        for (int i = 0; i < d; i++) difference[i] = double.CreateTruncating(correctBias[i]) - double.CreateTruncating(bias[i]);
        run.CompareTo("correct relative_with_logdet.bias - stored one (against -b)", Array.ConvertAll(b, static v => -v), difference);
        run.Compare("relative_with_logdet.weight", correctWeight);
    }

    private static (T[] Y, T[] Weight, T[] Bias) Gradient<T>(CaseRun<T> run, int d, IJacobianStrategy<T> strategy, bool withLogDet) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, new Linear<T>(d, strategy), ("bias", "bias"));
        bench.Store.Write(bench.Find("weight"), Transposed(run.Input("weight", d * d), d));
        Tape<T> tape = bench.Tape;
        FlowStep step = bench.Layer.Forward(tape, bench.LoadX(), new StepContext { Mode = FlowMode.Train });
        T[] y = CaseRun<T>.Read(tape, step.Output);
        Var loss = bench.Weighted(step.Output, "ct.y");
        tape.Backward(withLogDet ? tape.Subtract(loss, step.LogAbsDet) : loss);
        return (y, Transposed(bench.Store.ReadGradient(bench.Find("weight")), d), bench.Store.ReadGradient(bench.Find("bias")));
    }

    private static TNumber[] Transposed<TNumber>(TNumber[] a, int n)
    {
        var t = new TNumber[a.Length];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) t[j * n + i] = a[i * n + j];
        return t;
    }
}
