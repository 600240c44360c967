namespace NativeFlow.Layers;

/// <summary>How well distances reconstruct a relation, over all pairs of nodes.</summary>
/// <param name="MeanRank">Mean over the related pairs (u, v) of the rank of d(u, v) among v and all nodes unrelated to u: 1 is perfect. A tie counts against.</param>
/// <param name="MeanAveragePrecision">Mean over the nodes u with relations of the average precision of its list by distance: 1 is perfect.</param>
/// <remarks>As Nickel and Kiela 2017 define them. Related to u are the nodes that edges lead to from u.</remarks>
public sealed record EmbeddingScore(double MeanRank, double MeanAveragePrecision)
{
    /// <summary>Computes both. Cost O(nodes^2 n).</summary>
    /// <param name="points">Spatial coordinates [nodes x dimension].</param>
    /// <param name="dimension">n.</param>
    /// <param name="radius">R.</param>
    /// <param name="edges">Directed edges, each once.</param>
    public static EmbeddingScore Of(ReadOnlySpan<double> points, int dimension, double radius, IReadOnlyList<(int From, int To)> edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        int nodes = points.Length / dimension;
        var related = new List<int>[nodes];
        foreach ((int from, int to) in edges) (related[from] ??= []).Add(to);
        double[] distances = new double[nodes], others = new double[nodes], own = new double[nodes];
        double ranks = 0, precisions = 0;
        int sources = 0;
        for (int u = 0; u < nodes; u++)
        {
            if (related[u] is not { } list) continue;
            for (int w = 0; w < nodes; w++) distances[w] = HyperbolicPoints.Distance(points.Slice(u * dimension, dimension), points.Slice(w * dimension, dimension), radius);
            for (int i = 0; i < list.Count; i++)
            {
                own[i] = distances[list[i]];
                distances[list[i]] = double.NaN;
            }

            distances[u] = double.NaN;
            int count = 0;
            foreach (double d in distances)
                if (!double.IsNaN(d)) others[count++] = d;
            Array.Sort(others, 0, count);
            Array.Sort(own, 0, list.Count);
            double precision = 0;
            for (int i = 0, nearer = 0; i < list.Count; i++)
            {
                while (nearer < count && others[nearer] <= own[i]) nearer++;
                ranks += nearer + 1;
                precision += (i + 1) / (double)(i + 1 + nearer);
            }

            precisions += precision / list.Count;
            sources++;
        }

        return new EmbeddingScore(ranks / edges.Count, precisions / sources);
    }
}
