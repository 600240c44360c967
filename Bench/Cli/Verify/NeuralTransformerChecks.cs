using System.Numerics;
using System.Text.Json;
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
        (string Tensor, string Entry)[] net = Net(3);
        table.Add("monotone_mlp", new FixtureCheck<T>([.. ends, "signal", .. net.Select(n => n.Tensor)], MonotoneMlp));
        table.Add("umnn_clenshaw_curtis", new FixtureCheck<T>([.. ends, "h", .. net.Select(n => n.Tensor)], ClenshawCurtis));
        table.Add("umnn_gauss_legendre", new FixtureCheck<T>([.. ends, "signal", "constant", .. net.Select(n => n.Tensor)], GaussLegendre));
    }

    private static void Dsf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int units = (int)run.File.Number("num_ds_dim");
        TransformerBench.CompareAll(run, new DeepSigmoidTransformer<T>(units, run.File.Number("delta")), [("params", 0, 3 * units)], []);
    }

    private static void Ddsf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int units = (int)run.File.Number("hidden");
        if (run.File.Number("layers") != 2) throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected 2 layers.");
        // A softmax over the one input of the first layer is 1 whatever its logits: the layer has none.
        TransformerBench.CompareAll(run, new DenseSigmoidTransformer<T>(2, units, run.File.Number("delta")),
            [("layer0.params", 0, 3 * units), ("layer1.params", 0, 4 * units)],
            [("layer0.w", "layer0.w"), ("layer1.u", "layer1.u"), ("layer1.w", "layer1.w")]);
        run.Compare("grad.layer0.u", new T[run.Input("layer0.u").Length]);
    }

    private static void MonotoneMlp<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int signal = (int)run.File.Number("signal");
        int[] hidden = Hidden(run);
        TransformerBench.CompareAll(run, new MonotoneMlpTransformer<T>(signal, hidden), [("signal", 0, signal)], Net(hidden.Length + 1), bisected: 1e-6);
    }

    // The source takes the first number of the embedding as the constant too.
    private static void ClenshawCurtis<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int embedding = (int)run.File.Number("cond");
        int[] hidden = Hidden(run);
        var settings = new UmnnSettings(embedding, hidden, AutoregressiveChecks.ActivationOf(run), Integrand.Elu, QuadratureRule.ClenshawCurtis, (int)run.File.Number("nb_steps"), LeastSlope: 0);
        TransformerBench.CompareAll(run, new UmnnTransformer<T>(settings), [("h", 0, embedding), ("h", 0, 1)], Net(hidden.Length + 1));
    }

    private static void GaussLegendre<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int embedding = (int)run.File.Number("signal");
        int[] hidden = Hidden(run);
        var settings = new UmnnSettings(embedding, hidden, AutoregressiveChecks.ActivationOf(run), Integrand.Exp, QuadratureRule.GaussLegendre, (int)run.File.Number("nodes"), LeastSlope: 0);
        TransformerBench.CompareAll(run, new UmnnTransformer<T>(settings), [("signal", 0, embedding), ("constant", 0, 1)], Net(hidden.Length + 1));
    }

    private static int[] Hidden<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Config.TryGetProperty("hidden", out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(w => w.ValueKind == JsonValueKind.Number && w.TryGetInt32(out int width) && width is > 0 and < 10000))
            return [.. list.EnumerateArray().Select(w => w.GetInt32())];
        throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected 'hidden' to be a list of widths.");
    }

    private static (string Tensor, string Entry)[] Net(int layers)
        => [.. from i in Enumerable.Range(0, layers) from part in (string[])["weight", "bias"] select ($"net.{i}.{part}", $"net.{i}.{part}")];
}
