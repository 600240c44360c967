using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group autoregressive: transformers that are monotone networks of one number. Every sample has its own parameters, so they run without a conditioner.</summary>
internal static class NeuralTransformerChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] ends = ["x", "ct.z", "ct.log_abs_det"];
        table.Add("dsf", new FixtureCheck<T>([.. ends, "params"], Dsf));
        table.Add("ddsf", new FixtureCheck<T>([.. ends, "layer0.u", "layer0.w", "layer0.params", "layer1.u", "layer1.w", "layer1.params"], Ddsf));
    }

    private static void Dsf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int units = (int)run.File.Number("num_ds_dim");
        TransformerBench.CompareAll(run, new DeepSigmoidTransformer<T>(units, run.File.Number("delta")), [("params", 0, 3 * units)]);
    }

    private static void Ddsf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int units = (int)run.File.Number("hidden");
        if (run.File.Number("layers") != 2) throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected 2 layers.");
        // A softmax over the one input of the first layer is 1 whatever its logits: the layer has none.
        TransformerBench.CompareAll(run, new DenseSigmoidTransformer<T>(2, units, run.File.Number("delta")),
            [("layer0.params", 0, 3 * units), ("layer1.params", 0, 4 * units)],
            ("layer0.w", "layer0.w"), ("layer1.u", "layer1.u"), ("layer1.w", "layer1.w"));
        run.Compare("grad.layer0.u", new T[run.Input("layer0.u").Length]);
    }
}
