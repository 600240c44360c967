using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group linear: the dense layer by LU, permutations of features or channels.</summary>
internal static class LinearChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("linear_dense", new FixtureCheck<T>(["x", "weight", "bias", "ct.z", "ct.log_abs_det"], Dense));
    }

    private static void Dense<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = run.Order("weight");
        run.Condition = LinalgChecks.Condition(run.Input("weight"), d);
        using var bench = new LayerBench<T>(run, new Linear<T>(d), ("weight", "weight"), ("bias", "bias"));
        bench.CompareAll(Sensitivity.Solution);
    }
}
