namespace NativeFlow.Layers;

/// <summary>How well scores rank pairs that are edges above pairs that are not. All on the host, from scores in which higher means more likely.</summary>
public readonly record struct LinkMetrics
{
    /// <summary>Probability that an edge scores above a non-edge, ties counting half (Mann-Whitney): area under the ROC curve.</summary>
    public double Auc { get; private init; }

    /// <summary>Average precision: sum over distinct scores of (gain in recall) times precision, without interpolation.</summary>
    public double AveragePrecision { get; private init; }

    /// <summary>Mean over the edges of 1 / rank, the rank of an edge among itself and all negatives; with ties the mean rank.</summary>
    public double MeanReciprocalRank { get; private init; }

    /// <summary>Share of the edges of rank 1 in that sense.</summary>
    public double HitsAt1 { get; private init; }

    /// <summary>Share of the edges of rank 3 or better.</summary>
    public double HitsAt3 { get; private init; }

    /// <summary>Share of the edges of rank 10 or better.</summary>
    public double HitsAt10 { get; private init; }

    /// <summary>Measures two lists of scores. Cost: two sorts.</summary>
    /// <exception cref="ArgumentException">A list is empty, or a score is NaN.</exception>
    public static LinkMetrics Of(ReadOnlySpan<double> edges, ReadOnlySpan<double> negatives)
    {
        if (edges.IsEmpty || negatives.IsEmpty) throw new ArgumentException($"LinkMetrics: {edges.Length} edges and {negatives.Length} negatives; both must be there.");
        double[] p = Sorted(edges), n = Sorted(negatives);
        double wins = 0, reciprocal = 0;
        int one = 0, three = 0, ten = 0;
        int below = 0, notAbove = 0;
        foreach (double score in p)
        {
            while (below < n.Length && n[below] < score) below++;
            while (notAbove < n.Length && n[notAbove] <= score) notAbove++;
            int ties = notAbove - below;
            wins += below + (ties / 2.0);
            double rank = 1 + (n.Length - notAbove) + (ties / 2.0);
            reciprocal += 1 / rank;
            if (rank <= 1) one++;
            if (rank <= 3) three++;
            if (rank <= 10) ten++;
        }

        double count = p.Length;
        return new LinkMetrics
        {
            Auc = wins / count / n.Length,
            AveragePrecision = Precision(p, n),
            MeanReciprocalRank = reciprocal / count,
            HitsAt1 = one / count,
            HitsAt3 = three / count,
            HitsAt10 = ten / count,
        };
    }

    // Thresholds descend; equal scores pass together.
    private static double Precision(double[] p, double[] n)
    {
        double sum = 0;
        int i = p.Length, j = n.Length;
        while (i > 0)
        {
            double threshold = p[i - 1];
            int before = i;
            while (i > 0 && p[i - 1] == threshold) i--;
            while (j > 0 && n[j - 1] >= threshold) j--;
            double found = p.Length - i;
            sum += (before - i) * (found / (found + (n.Length - j)));
        }

        return sum / p.Length;
    }

    private static double[] Sorted(ReadOnlySpan<double> scores)
    {
        double[] sorted = scores.ToArray();
        foreach (double s in sorted)
            if (double.IsNaN(s)) throw new ArgumentException("LinkMetrics: a score is NaN.");
        Array.Sort(sorted);
        return sorted;
    }
}
