using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group models: flows of couplings.</summary>
internal static class CouplingModelChecks
{
    private static readonly string[] s_residual = ["initial", "block0.linear0", "block0.linear1", "final"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] inputs = ["x", "sample.z", .. Enumerable.Range(0, 3).SelectMany(k => s_residual.SelectMany(n => (string[])[$"step{k}.net.{n}.weight", $"step{k}.net.{n}.bias"]))];
        table.Add("model_nice", new FixtureCheck<T>(inputs, static run => RealNvp(run, additive: true)));
        table.Add("model_realnvp", new FixtureCheck<T>(inputs, static run => RealNvp(run, additive: false)));
    }

    private static void RealNvp<T>(CaseRun<T> run, bool additive) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int features = (int)run.File.Number("features"), hidden = (int)run.File.Number("hidden"), blocks = (int)run.File.Number("blocks_per_layer");
        if (blocks != 1) throw CouplingChecks.Foreign(run, "blocks_per_layer", run.File.Config.GetRawText(), "1");
        var layers = new List<IBijector<T>>();
        var parameters = new PlacedTensors<T>(run);
        for (int k = 0; k < (int)run.File.Number("layers"); k++)
        {
            bool[] moved = [.. Enumerable.Range(0, features).Select(j => (j + k) % 2 == 1)];
            int moving = moved.Count(m => m);
            ITransformer<T> transformer = additive ? new AdditiveTransformer<T>() : new AffineTransformer<T>(ScaleFunction.Sigmoid);
            layers.Add(new Coupling<T>(moved, transformer, new ResidualMlp<T>(features - moving, moving * transformer.ParametersPerFeature, hidden, blocks, CouplingChecks.Activation(run))));
            foreach (string name in s_residual)
            {
                int[]? rows = name == "final" ? CouplingChecks.FromBlocks(moving, transformer.ParametersPerFeature) : null;
                parameters.Add($"step{k}.net.{name}.weight", $"{k}.net.{name}.weight", parameters.Cells($"step{k}.net.{name}.weight", rows, null));
                parameters.Add($"step{k}.net.{name}.bias", $"{k}.net.{name}.bias", rows);
            }
        }
        FlowBench.CompareAll(run, new Flow<T>(layers, new StandardNormal<T>(features), seed: 1, run.Backend), parameters);
    }
}
