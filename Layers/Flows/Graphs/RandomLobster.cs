using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Random lobsters: trees that are a path once their leaves are taken away twice.</summary>
/// <remarks>
/// The process of networkx's random_lobster(n, p1, p2): a backbone of floor(2 n u + 1/2) nodes, u uniform; every backbone node gets a further
/// neighbour with probability p1, again and again, and every such neighbour a leaf with probability p2, again and again. A backbone of none becomes one of a single node.
/// </remarks>
public static class RandomLobster
{
    /// <summary>A lobster, a function of the arguments. Nodes are numbered as they are made, the backbone first.</summary>
    /// <param name="meanBackbone">Expected number of nodes of the backbone.</param>
    /// <param name="p1">Probability of one more neighbour of a backbone node.</param>
    /// <param name="p2">Probability of one more leaf on such a neighbour.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="ArgumentException">A probability lies outside [0, 1), or there is no backbone.</exception>
    public static Graph Generate(int meanBackbone, double p1, double p2, ulong seed)
    {
        if (meanBackbone < 1) throw new ArgumentException($"RandomLobster: a mean backbone of {meanBackbone} nodes; it must be at least 1.");
        if (!(p1 >= 0 && p1 < 1 && p2 >= 0 && p2 < 1)) throw new ArgumentException($"RandomLobster: probabilities {p1} and {p2}; they must be from 0 to below 1, or the graph never ends.");
        PhiloxSequence random = new(seed, 0);
        int backbone = Math.Max(1, (int)((2 * Uniform(ref random) * meanBackbone) + 0.5));
        var edges = new List<GraphEdge>();
        for (int i = 1; i < backbone; i++) edges.Add(new GraphEdge(i - 1, i));
        int nodes = backbone;
        for (int i = 0; i < backbone; i++)
            while (Uniform(ref random) < p1)
            {
                int arm = nodes++;
                edges.Add(new GraphEdge(i, arm));
                while (Uniform(ref random) < p2) edges.Add(new GraphEdge(arm, nodes++));
            }

        return Graph.FromEdges(nodes, edges.ToArray());
    }

    private static double Uniform(ref PhiloxSequence random) => random.NextWord() * (1.0 / 4294967296.0);
}
