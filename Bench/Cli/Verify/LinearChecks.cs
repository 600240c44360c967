using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group linear: the dense layer by LU, permutations of features or channels.</summary>
internal static class LinearChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("linear_dense", new FixtureCheck<T>(["x", "weight", "bias", "ct.z", "ct.log_abs_det"], Dense));
        table.Add("permutation", new FixtureCheck<T>(["x", "permutation", "ct.z", "ct.log_abs_det"], Permute));
    }

    private static void Dense<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Order("weight");
        run.Condition = LinalgChecks.Condition(run.Input("weight"), d);
        using var bench = new LayerBench<T>(run, new Linear<T>(d), ("weight", "weight"), ("bias", "bias"));
        bench.CompareAll(Sensitivity.Solution);
    }

    private static void Permute<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] order = Array.ConvertAll(run.Input("permutation"), static v => v == Math.Floor(v) && Math.Abs(v) < 1 << 24 ? (int)v : -1);
        using var bench = new LayerBench<T>(run, Permutation<T>.Given(order, run.Matrix("x").Cols / Math.Max(1, order.Length)));
        bench.CompareAll();
    }
}
