using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group conv: convolutions that look up and left only, and the emerging convolution made of two of them.</summary>
internal static class MaskedConvChecks
{
    private static readonly string[] Common = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("conv_square_autoregressive", new FixtureCheck<T>([.. Common, "mask", "weight", "bias"], Autoregressive));
        table.Add("conv_emerging", new FixtureCheck<T>([.. Common, "conv1x1.weight", "ar1.mask", "ar1.weight", "ar1.bias", "ar2.mask", "ar2.weight", "ar2.bias"], Emerging));
    }

    private static void Autoregressive<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, new AutoregressiveConv<T>(PixelwiseChecks.Image(run), Kernel(run, "weight")), ("weight", "weight"), ("bias", "bias"));
        RequireMask(run, bench, "mask", "mask");
        PixelwiseChecks.CompareAll(bench);
    }

    private static void Emerging<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, new Emerging<T>(PixelwiseChecks.Image(run), Kernel(run, "ar1.weight")),
            [.. ((string[])["conv1x1.weight", "ar1.weight", "ar1.bias", "ar2.weight", "ar2.bias"]).Select(static p => (p, p))]);
        RequireMask(run, bench, "ar1.mask", "ar1.mask");
        RequireMask(run, bench, "ar2.mask", "ar2.mask");
        PixelwiseChecks.CompareAll(bench);
    }

    private static int Kernel<T>(CaseRun<T> run, string weight) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] shape = run.Shape(weight);
        return shape.Length == 4 && shape[0] == shape[1] && shape[2] == shape[3] ? shape[2]
            : throw new BadInputException($"{run.File.Path}: '{weight}' has shape [{string.Join(", ", shape)}], expected out, in and two equal sides of a kernel; the file is damaged or of another kind.");
    }

    /// <summary>The layer's own mask must be the stored one.</summary>
    private static void RequireMask<T>(CaseRun<T> run, LayerBench<T> bench, string tensor, string entry) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] own = CaseRun<T>.Widen(bench.Store.Read(bench.Find(entry)));
        if (!own.AsSpan().SequenceEqual(run.Input(tensor, own.Length))) throw new BadInputException($"{run.File.Path}: '{tensor}' is not the mask of a convolution that looks up and left, its last tap lower triangular; the file is of another kind.");
    }
}
