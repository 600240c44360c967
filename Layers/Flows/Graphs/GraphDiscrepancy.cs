using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// How far two sets of graphs are apart: the squared maximum mean discrepancy between histograms of a statistic, with the kernel
/// exp(-TV^2 / (2 sigma^2)), TV the total-variation distance.
/// </summary>
/// <remarks>
/// The biased (V) estimate; equal sets give 0. This kernel is not positive definite (O'Bray et al. 2022), so a value can fall slightly below 0. Histograms, bins and widths as in the code of Liao et al. 2019 (GRAN):
/// degree sigma 1, clustering 100 bins on [0, 1] and sigma 0.1, spectrum of the normalised Laplacian 200 bins on [-1e-5, 2] and sigma 1, orbits per node and sigma 30.
/// </remarks>
public static class GraphDiscrepancy
{
    /// <summary>Between the distributions of degrees.</summary>
    public static double Degree(IReadOnlyList<Graph> a, IReadOnlyList<Graph> b) => Squared(Each(a, Degrees), Each(b, Degrees), 1);

    /// <summary>Between the distributions of local clustering.</summary>
    public static double Clustering(IReadOnlyList<Graph> a, IReadOnlyList<Graph> b)
        => Squared(Each(a, g => Histogram(GraphShape.LocalClustering(g), 100, 0, 1)), Each(b, g => Histogram(GraphShape.LocalClustering(g), 100, 0, 1)), 0.1);

    /// <summary>Between the distributions of the eigenvalues of the normalised Laplacian. Cost: a dense eigenvalue problem a graph.</summary>
    public static double Spectrum(IReadOnlyList<Graph> a, IReadOnlyList<Graph> b)
        => Squared(Each(a, g => Histogram(LaplacianEigenvalues(g), 200, -1e-5, 2)), Each(b, g => Histogram(LaplacianEigenvalues(g), 200, -1e-5, 2)), 1);

    /// <summary>Between mean counts of the 15 orbits of <see cref="GraphOrbits"/>; not histograms, hence the wide kernel.</summary>
    public static double Orbits(IReadOnlyList<Graph> a, IReadOnlyList<Graph> b) => Squared(Each(a, MeanOrbits), Each(b, MeanOrbits), 30);

    /// <summary>Ascending eigenvalues of I - D^-1/2 A D^-1/2, all in [0, 2]; a node without edges has 0.</summary>
    public static double[] LaplacianEigenvalues(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int n = graph.Nodes;
        var matrix = new double[n * n];
        for (int u = 0; u < n; u++)
        {
            if (graph.Degree(u) > 0) matrix[(u * n) + u] = 1;
            foreach (int v in graph.Neighbours(u)) matrix[(u * n) + v] = -1 / Math.Sqrt((double)graph.Degree(u) * graph.Degree(v));
        }

        var values = new double[n];
        SymmetricEigenvalues.Compute<double>(matrix, n, values);
        return values;
    }

    /// <summary>Mean k(x, x') + mean k(y, y') - 2 mean k(x, y) with the Gaussian total-variation kernel; shorter vectors are filled up with zeros.</summary>
    /// <exception cref="ArgumentException">A set is empty.</exception>
    public static double Squared(IReadOnlyList<double[]> a, IReadOnlyList<double[]> b, double sigma)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Count == 0 || b.Count == 0) throw new ArgumentException($"GraphDiscrepancy: sets of {a.Count} and {b.Count}; both must hold something.");
        return Mean(a, a, sigma) + Mean(b, b, sigma) - (2 * Mean(a, b, sigma));
    }

    private static double Mean(IReadOnlyList<double[]> a, IReadOnlyList<double[]> b, double sigma)
    {
        double sum = 0;
        foreach (double[] x in a)
            foreach (double[] y in b) sum += Kernel(x, y, sigma);
        return sum / a.Count / b.Count;
    }

    private static double Kernel(double[] x, double[] y, double sigma)
    {
        double variation = 0;
        for (int i = 0; i < Math.Max(x.Length, y.Length); i++)
            variation += Math.Abs((i < x.Length ? x[i] : 0) - (i < y.Length ? y[i] : 0)) / 2;
        return Math.Exp(-variation * variation / (2 * sigma * sigma));
    }

    private static double[][] Each(IReadOnlyList<Graph> graphs, Func<Graph, double[]> statistic)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        var all = new double[graphs.Count][];
        for (int i = 0; i < all.Length; i++) all[i] = statistic(graphs[i]);
        return all;
    }

    private static double[] Degrees(Graph graph)
    {
        var histogram = new double[GraphShape.Degrees(graph).Largest + 1];
        for (int u = 0; u < graph.Nodes; u++) histogram[graph.Degree(u)] += 1.0 / graph.Nodes;
        return histogram;
    }

    private static double[] MeanOrbits(Graph graph)
    {
        long[] counts = GraphOrbits.Of(graph);
        var mean = new double[GraphOrbits.Count];
        for (int i = 0; i < counts.Length; i++) mean[i % GraphOrbits.Count] += counts[i] / (double)graph.Nodes;
        return mean;
    }

    private static double[] Histogram(double[] values, int bins, double low, double high)
    {
        var histogram = new double[bins];
        foreach (double v in values) histogram[Math.Clamp((int)((v - low) / (high - low) * bins), 0, bins - 1)] += 1.0 / values.Length;
        return histogram;
    }
}
