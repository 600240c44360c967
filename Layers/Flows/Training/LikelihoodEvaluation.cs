using System.Numerics;

namespace NativeFlow.Layers;

/// <summary>Exact log-likelihood of a table under a flow, averaged over fixed dequantisation draws.</summary>
/// <param name="Nats">Mean log p(x) per row in nats of the continuous input on its own scale (higher is better).</param>
/// <param name="StandardError">Standard error of <paramref name="Nats"/> over the rows (each row's draws averaged first).</param>
/// <param name="BitsPerDim">-Nats / (D ln 2) (lower is better).</param>
/// <param name="Draws">Dequantisation draws; 1 for continuous data, which needs none.</param>
/// <param name="Rows">Rows evaluated.</param>
public readonly record struct LikelihoodEvaluation(double Nats, double StandardError, double BitsPerDim, int Draws, int Rows)
{
    /// <summary>What <see cref="Nats"/> is: exact, or for a flow with such a layer a lower bound in the mean over the draws.</summary>
    public ValueKind Value { get; init; } = ValueKind.Exact;

    /// <summary>Evaluates every row of <paramref name="table"/>; draw k uses noise stream k of <paramref name="key"/>, so that two models see the same noise.</summary>
    public static LikelihoodEvaluation Run<T>(Flow<T> flow, Table table, int draws, ulong key, CancellationToken cancel = default)
        where T : unmanaged, IFloatingPointIeee754<T>
        => Of(PerRow(flow, table, draws, key, cancel), table, draws) with { Value = flow.EvaluationValue };

    /// <summary>The evaluation that the rows of <see cref="PerRow"/> add up to.</summary>
    public static LikelihoodEvaluation Of(ReadOnlySpan<double> rows, Table table, int draws)
    {
        double mean = 0, variance = 0;
        foreach (double r in rows) mean += r;
        mean /= rows.Length;
        foreach (double r in rows) variance += (r - mean) * (r - mean);
        variance /= Math.Max(1, rows.Length - 1);
        return new LikelihoodEvaluation(mean, Math.Sqrt(variance / rows.Length), -mean / (table.Columns * Math.Log(2)), table.Levels > 0 ? draws : 1, rows.Length);
    }

    /// <summary>Exact log p of every row in nats (a bound where the flow gives one), averaged over the draws, in double.</summary>
    public static double[] PerRow<T>(Flow<T> flow, Table table, int draws, ulong key, CancellationToken cancel = default)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 1);
        int columns = table.Columns, block = Math.Max(1, Math.Min(table.Rows, (1 << 19) / columns));
        bool bound = flow.EvaluationValue == ValueKind.Bound, noise = table.Levels > 0 && !flow.Base.IsDiscrete && !bound;
        if (!noise && !bound) draws = 1;
        var x = new T[block * columns];
        table.RequireContext(flow.ContextWidth, "the flow");
        int width = flow.ContextWidth;
        var context = new T[block * width];
        var logProb = new T[block];
        var sums = new double[table.Rows];
        for (int start = 0; start < table.Rows; start += block)
        {
            int count = Math.Min(block, table.Rows - start);
            Span<T> rows = x.AsSpan(0, count * columns), given = context.AsSpan(0, count * width);
            for (int r = 0; r < count && width > 0; r++) table.Context!.CopyRow(start + r, given.Slice(r * width, width));
            for (int draw = 0; draw < draws; draw++)
            {
                cancel.ThrowIfCancellationRequested();
                for (int r = 0; r < count; r++) table.CopyRow(start + r, rows.Slice(r * columns, columns));
                if (noise) Dequantization.AddUniformNoise(rows, key, (ulong)draw, (ulong)start * (ulong)columns);
                if (bound) flow.LogProbBound(rows, given, SeedMix.Of(key, (ulong)start), draw, logProb.AsSpan(0, count));
                else flow.LogProb(rows, given, logProb.AsSpan(0, count));
                for (int r = 0; r < count; r++) sums[start + r] += double.CreateTruncating(logProb[r]);
            }
        }
        for (int r = 0; r < sums.Length; r++) sums[r] /= draws;
        return sums;
    }
}
