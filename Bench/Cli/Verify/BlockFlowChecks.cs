using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group autoregressive: block networks and gated steps, which are no transformers.</summary>
internal static class BlockFlowChecks
{
    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string[] ends = ["x", "ct.z", "ct.log_abs_det"];
        table.Add("bnaf", new FixtureCheck<T>([.. ends, "gate", .. from i in Enumerable.Range(0, 3) from part in (string[])["weight", "log_row_norm", "bias"] select $"layer{i}.{part}"], Bnaf));
        table.Add("iaf_gated", new FixtureCheck<T>(
            [.. ends, "context", .. from flow in Enumerable.Range(0, 2) from layer in (string[])["z", "h0", "mean", "gate"] from part in (string[])["weight", "bias"] select $"flow{flow}.{layer}.{part}"], IafGated));
    }

    private static void Bnaf<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (run.File.Text("activation") != "tanh") throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected the activation tanh.");
        JsonElement kind = run.File.Config.GetProperty("residual");
        BnafResidual residual = kind.ValueKind == JsonValueKind.Null ? BnafResidual.None : kind.GetString() == "normal" ? BnafResidual.Normal : BnafResidual.Gated;
        using var bench = new ConditionalBench<T>(run, new Bnaf<T>(run.Matrix("x").Cols, (int)run.File.Number("hidden_per_dim"), (int)run.File.Number("layers"), residual), null);
        foreach (ParameterStore<T>.Entry p in bench.Store.Parameters) bench.Store.Write(p.Var, run.Input(Tensor(p), p.Var.Length));
        foreach (ParameterStore<T>.Entry b in bench.Store.Buffers)
            if (b.Name.Contains(".mask", StringComparison.Ordinal)) run.Compare(Tensor(b), bench.Store.Read(b.Var));
        bench.CompareAll(() =>
        {
            foreach (ParameterStore<T>.Entry p in bench.Store.Parameters) run.Compare("grad." + Tensor(p), bench.Store.ReadGradient(p.Var));
        });

        static string Tensor(ParameterStore<T>.Entry entry) => entry.Name["layer.".Length..];
    }

    // Flow after flow; the order of the features is reversed before every second one.
    private static void IafGated<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int cols = run.Matrix("x").Cols, hidden = (int)run.File.Number("h_size");
        if (run.File.Text("activation") != "elu" || run.File.Number("num_flows") is < 1 or > 2)
            throw new BadInputException($"{run.File.Path}: config says {run.File.Config.GetRawText()}; expected one or two flows with the activation elu.");
        var layers = new List<IBijector<T>>();
        for (int i = 0; i < (int)run.File.Number("num_flows"); i++)
        {
            if (i % 2 == 1) layers.Add(Permutation<T>.Reverse(cols));
            layers.Add(new IafGated<T>(cols, hidden, (int)run.File.Number("num_hidden"), hidden, run.File.Number("forget_bias")));
        }
        using var bench = new ConditionalBench<T>(run, new Chain<T>(layers), "context");
        var mine = bench.Store.Parameters.Select(p => (p, Tensor(p))).ToList();
        foreach ((ParameterStore<T>.Entry p, string tensor) in mine) bench.Store.Write(p.Var, run.Input(tensor, p.Var.Length));
        foreach (ParameterStore<T>.Entry b in bench.Store.Buffers)
            if (b.Name.EndsWith(".mask", StringComparison.Ordinal)) run.Compare(Tensor(b), bench.Store.Read(b.Var));
        bench.CompareAll(() =>
        {
            foreach ((ParameterStore<T>.Entry p, string tensor) in mine) run.Compare("grad." + tensor, bench.Store.ReadGradient(p.Var));
        });

        // layer.0.z.weight is flow0.z.weight; a reversal stands between.
        static string Tensor(ParameterStore<T>.Entry entry)
        {
            string[] parts = entry.Name.Split('.');
            return $"flow{(parts[1] == "0" ? 0 : 1)}.{parts[2]}.{parts[3]}";
        }
    }
}
