using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group linear: one matrix for every pixel of an image, in its four forms.</summary>
internal static class PixelwiseChecks
{
    private static readonly string[] Common = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        table.Add("conv1x1_dense", new FixtureCheck<T>([.. Common, "weight"], Dense));
        table.Add("conv1x1_plu", new FixtureCheck<T>([.. Common, "P", "sign_S", "L", "U", "log_S"], Plu));
        table.Add("conv1x1_householder", new FixtureCheck<T>([.. Common, "V"], Reflections));
        table.Add("conv1x1_perm_lu", new FixtureCheck<T>([.. Common, "permutation", "lower_entries", "upper_entries", "unconstrained_upper_diag", "bias"], PermutedLu));
    }

    /// <summary>Channels and sides of x.</summary>
    public static ImageShape Image<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] shape = run.Shape("x");
        return shape.Length == 4 ? new ImageShape(shape[1], shape[2], shape[3])
            : throw new BadInputException($"{run.File.Path}: 'x' has shape [{string.Join(", ", shape)}], expected batch, channels, height and width; the file is damaged or of another kind.");
    }

    private static void Dense<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, Conv1x1<T>.OfDense(Image(run), bias: false), ("weight", "weight"));
        CompareAll(bench);
    }

    private static void Plu<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var placed = new PlacedTensors<T>(run);
        var constants = new List<(string Entry, double[] Values)>();
        PlacePlu(run, placed, constants, "", "", run.Order("P"));
        using var bench = new LayerBench<T>(run, Conv1x1<T>.OfPlu(Image(run), bias: false));
        placed.Write(bench.Store, "layer.");
        foreach ((string entry, double[] values) in constants) bench.Store.Write(bench.Find(entry), values);
        CompareAll(bench);
        placed.CompareGradients(bench.Store, "layer.");
    }

    /// <summary>Where the stored factors {prefix}L and so on of a PLU matrix go; constants are no parameters and are written by the caller.</summary>
    public static void PlacePlu<T>(CaseRun<T> run, PlacedTensors<T> placed, List<(string Entry, double[] Values)> constants, string prefix, string scope, int channels)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int[] cells = [.. Enumerable.Range(0, channels * channels)];
        placed.Add(prefix + "log_S", scope + "log_s");
        // Entries on the other side of the diagonal are nowhere: their gradient must be 0.
        if (channels > 1) placed.Add(prefix + "L", scope + "lower_entries", [.. cells.Where(i => i % channels < i / channels)]).Add(prefix + "U", scope + "upper_entries", [.. cells.Where(i => i % channels > i / channels)]);
        constants.Add((scope + "sign_s", run.Input(prefix + "sign_S", channels)));
        constants.Add((scope + "order", Order(run, prefix + "P", channels)));
    }

    private static void Reflections<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, Conv1x1<T>.OfHouseholder(Image(run), run.Matrix("V").Rows, bias: false), ("V", "v"));
        CompareAll(bench);
    }

    private static void PermutedLu<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var bench = new LayerBench<T>(run, Conv1x1<T>.OfPermutedLu(Image(run), run.File.Number("eps")),
            [.. ((string[])["lower_entries", "upper_entries", "unconstrained_upper_diag", "bias"]).Select(static p => (p, p))]);
        bench.Store.Write(bench.Find("order"), run.Input("permutation", bench.Find("order").Length));
        CompareAll(bench);
    }

    /// <summary>Everything, the inverse allowed what the last digits of z do to it in single precision.</summary>
    public static void CompareAll<T>(LayerBench<T> bench) where T : unmanaged, IFloatingPointIeee754<T>
        => bench.CompareAll(moved: z => typeof(T) == typeof(float) ? FactoredLinearChecks.MovedByTheLastDigits(bench, z) : 0);

    /// <summary>Column of the 1 in each row of a permutation matrix.</summary>
    private static double[] Order<T>(CaseRun<T> run, string tensor, int n) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] p = run.Input(tensor, n * n), order = new double[n];
        for (int i = 0; i < n; i++)
        {
            int one = Array.IndexOf(p, 1, i * n, n) - (i * n);
            for (int j = 0; j < n; j++)
                if (one < 0 || p[(i * n) + j] != (j == one ? 1 : 0)) throw new BadInputException($"{run.File.Path}: row {i} of '{tensor}' is not that of a permutation matrix; the file is damaged or of another kind.");
            order[i] = one;
        }
        return order;
    }
}
