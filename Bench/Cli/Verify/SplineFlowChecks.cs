using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group models: a neural spline flow of couplings, with ActNorm, a permutation and an LU layer in every step.</summary>
internal static class SplineFlowChecks
{
    private static readonly string[] s_plain = ["actnorm.log_scale", "actnorm.shift", "lu.lower_entries", "lu.upper_entries", "lu.unconstrained_upper_diag", "lu.bias"];
    private static readonly string[] s_net = ["net.0.weight", "net.0.bias", "net.1.weight", "net.1.bias"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add("model_nsf_coupling", new FixtureCheck<T>(
            ["x", "sample.z", .. Enumerable.Range(0, 3).SelectMany(l => ((string[])[.. s_plain, .. s_net, "permutation"]).Select(n => $"step{l}.{n}"))], Run));

    private static void Run<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (Flow<T> flow, PlacedTensors<T> parameters) = Make(run);
        CaseRun<double> wide = run.InDouble();
        (Flow<double> exact, PlacedTensors<double> exactParameters) = Make(wide);
        using (exact) FlowBench.AllowRounding(run, wide, exact, exactParameters);
        FlowBench.CompareAll(run, flow, parameters);
    }

    private static (Flow<T> Flow, PlacedTensors<T> Parameters) Make<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int features = (int)run.File.Number("features");
        var spline = new SplineSettings((int)run.File.Number("num_bins"), run.File.Number("tail_bound"));
        using JsonDocument lu = JsonDocument.Parse($$"""{"kind":"linear-lu","dimension":{{features}},"eps":0.001}""");
        var layers = new List<IBijector<T>>();
        var parameters = new PlacedTensors<T>(run);
        for (int l = 0; l < (int)run.File.Number("steps"); l++)
        {
            bool[] moved = [.. Enumerable.Range(0, features).Select(j => (j + l) % 2 == 1)];
            int moving = moved.Count(m => m);
            var net = new Mlp<T>(features - moving, moving * spline.RawLength, PlacedTensors<T>.Hidden(run, $"step{l}.net"), CouplingChecks.Activation(run));
            layers.Add(new ActNorm<T>(features));
            layers.Add(Permutation<T>.Given(Array.ConvertAll(run.Input($"step{l}.permutation", features), v => (int)v)));
            layers.Add(BijectorRegistry.Create<T>("linear-lu", lu.RootElement));
            layers.Add(new Coupling<T>(moved, new RationalQuadraticTransformer<T>(spline), net));
            foreach (string name in s_plain) parameters.Add($"step{l}.{name}", $"{(4 * l) + (name[0] == 'a' ? 0 : 2)}.{name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..]}");
            parameters.AddMlp($"step{l}.net", $"{(4 * l) + 3}.");
        }
        return (new Flow<T>(layers, new StandardNormal<T>(features), seed: 1, run.Backend), parameters);
    }
}
