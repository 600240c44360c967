using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group coupling: couplings that move both halves.</summary>
internal static class TwoSidedChecks
{
    private static readonly string[] s_common = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("two_sided_glow", new FixtureCheck<T>([.. s_common, .. Names("subnet1"), .. Names("subnet2")], Glow));
        table.Add("two_sided_nice", new FixtureCheck<T>([.. s_common, .. Names("F"), .. Names("G")], Nice));
        table.Add("two_sided_rnvp", new FixtureCheck<T>([.. s_common, .. Names("s1"), .. Names("t1"), .. Names("s2"), .. Names("t2")], Rnvp));
    }

    private static string[] Names(string net) => [$"{net}.0.weight", $"{net}.0.bias", $"{net}.1.weight", $"{net}.1.bias"];

    private static void Glow<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int first, int second) = Sizes(run);
        Check(run, static r => new AffineTransformer<T>(Clamp(r)), Net(run, "subnet2", second, 2 * first), Net(run, "subnet1", first, 2 * second), new PlacedTensors<T>(run)
            .AddMlp("subnet2", "first.", CouplingChecks.FromBlocks(first, 2, reversed: true))
            .AddMlp("subnet1", "second.", CouplingChecks.FromBlocks(second, 2, reversed: true)));
    }

    private static void Nice<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int first, int second) = Sizes(run);
        Check(run, static _ => new AdditiveTransformer<T>(), Net(run, "F", second, first), Net(run, "G", first, second), new PlacedTensors<T>(run).AddMlp("F", "first.").AddMlp("G", "second."));
    }

    private static void Rnvp<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int first, int second) = Sizes(run);
        Check(
            run, static r => new AffineTransformer<T>(Clamp(r)),
            new SeparateNetworks<T>([Net(run, "t2", second, first), Net(run, "s2", second, first)]),
            new SeparateNetworks<T>([Net(run, "t1", first, second), Net(run, "s1", first, second)]),
            new PlacedTensors<T>(run).AddMlp("t2", "first.part0.").AddMlp("s2", "first.part1.").AddMlp("t1", "second.part0.").AddMlp("s1", "second.part1."));
    }

    private static void Check<T>(CaseRun<T> run, Func<CaseRun<T>, ITransformer<T>> transformer, IConditioner<T> net1, IConditioner<T> net2, PlacedTensors<T> parameters)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        (int first, int second) = Sizes(run);
        using var bench = new LayerBench<T>(run, new TwoSidedCoupling<T>(first + second, first, transformer(run), net1, transformer(run), net2));
        CouplingChecks.CompareAll(bench, parameters);
    }

    private static Mlp<T> Net<T>(CaseRun<T> run, string prefix, int inputs, int outputs) where T : unmanaged, IFloatingPointIeee754<T>
        => new(inputs, outputs, PlacedTensors<T>.Hidden(run, prefix), CouplingChecks.Activation(run));

    private static (int First, int Second) Sizes<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int first = (int)run.File.Number("split_len1");
        return (first, run.Matrix("x").Cols - first);
    }

    private static ScaleSettings Clamp<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => new(
        run.File.Text("clamp_activation") switch
        {
            "ATAN" => ScaleFunction.ClampAtan,
            "TANH" => ScaleFunction.ClampTanh,
            "SIGMOID" => ScaleFunction.ClampSigmoid,
            string other => throw CouplingChecks.Foreign(run, "clamp_activation", other, "ATAN, TANH or SIGMOID"),
        },
        Clamp: run.File.Number("clamp"));
}
