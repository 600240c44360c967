using System.Numerics;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>Group linear: matrices given by factors whose determinants are known.</summary>
internal static class FactoredLinearChecks
{
    private static readonly string[] Common = ["x", "ct.z", "ct.log_abs_det"];

    public static void Add<T>(Dictionary<string, FixtureCheck<T>> table) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Add(table, "linear_lu", ["lower_entries", "upper_entries", "unconstrained_upper_diag", "bias"], static run => new LinearLu<T>(Width(run), run.File.Number("eps")));
        Add(table, "linear_lu_packed", ["LU"], static run => new LinearLuPacked<T>(Width(run), bias: false));
        Add(table, "linear_qr", ["upper_entries", "log_upper_diag", "q_vectors", "bias"], static run => new LinearQr<T>(Width(run), run.Matrix("q_vectors").Rows));
        Add(table, "linear_svd", ["q_vectors_1", "unconstrained_diagonal", "q_vectors_2", "bias"], static run => new LinearSvd<T>(Width(run), run.Matrix("q_vectors_1").Rows, run.File.Number("eps")));
        Add(table, "householder", ["q_vectors"], static run => new Householder<T>(Width(run), run.Matrix("q_vectors").Rows));
        Add(table, "rotation_expm", ["A"], static run => new Rotation<T>(Width(run)));
        Add(table, "linear_woodbury", ["U", "V"], static run =>
        {
            (int features, int rank) = run.Matrix("U");
            return new Woodbury<T>(features, rank, Width(run) / features);
        });
    }

    private static void Add<T>(Dictionary<string, FixtureCheck<T>> table, string layer, string[] parameters, Func<CaseRun<T>, IBijector<T>> make) where T : unmanaged, IFloatingPointIeee754<T>
        => table.Add(layer, new FixtureCheck<T>([.. Common, .. parameters], run =>
        {
            using var bench = new LayerBench<T>(run, make(run), [.. parameters.Select(p => (p, p.Length <= 2 ? p.ToLowerInvariant() : p))]);
            bench.CompareAll(moved: z => typeof(T) == typeof(float) ? MovedByTheLastDigits(bench, z) : 0);
        }));

    /// <summary>max over features of sum_j |W^-1_ij| eps |z_j|: W^-1 column by column, from the layer itself; its first digits are enough.</summary>
    internal static double MovedByTheLastDigits<T>(LayerBench<T> bench, T[] z) where T : unmanaged, IFloatingPointIeee754<T>
    {
        int d = bench.Layer.Dimension;
        bench.Tape.Reset();
        var unit = new T[(d + 1) * d];
        for (int j = 0; j < d; j++) unit[(j * d) + j] = T.One;
        double[] back = CaseRun<T>.Widen(CaseRun<T>.Read(bench.Tape, bench.Layer.Inverse(bench.Tape, bench.Tape.Input(unit, d + 1, d), new StepContext()).Output));
        double worst = 0;
        for (int row = 0; row < bench.Rows; row++)
            for (int i = 0; i < d; i++)
            {
                double sum = 0;
                for (int j = 0; j < d; j++) sum += Math.Abs(back[(j * d) + i] - back[(d * d) + i]) * Math.Abs(double.CreateTruncating(z[(row * d) + j]));
                worst = Math.Max(worst, sum);
            }
        return worst * 1.1920928955078125e-7;
    }

    private static int Width<T>(CaseRun<T> run) where T : unmanaged, IFloatingPointIeee754<T> => run.Matrix("x").Cols;
}
