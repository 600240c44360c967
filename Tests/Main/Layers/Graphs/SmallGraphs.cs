using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>Graphs that tests compare with what is known of them.</summary>
internal static class SmallGraphs
{
    internal static Graph Of(int nodes, params (int U, int V)[] edges) => Graph.FromEdges(nodes, Array.ConvertAll(edges, e => new GraphEdge(e.U, e.V)));

    internal static Graph Path(int nodes) => Of(nodes, [.. Enumerable.Range(1, nodes - 1).Select(i => (i - 1, i))]);

    internal static Graph Cycle(int nodes) => Of(nodes, [.. Enumerable.Range(0, nodes).Select(i => (i, (i + 1) % nodes))]);

    internal static Graph Star(int leaves) => Of(leaves + 1, [.. Enumerable.Range(1, leaves).Select(i => (0, i))]);

    internal static Graph Complete(int nodes) => Of(nodes, [.. from u in Enumerable.Range(0, nodes) from v in Enumerable.Range(0, u) select (u, v)]);

    /// <summary>Every pair with probability share / 256.</summary>
    internal static Graph Random(int nodes, uint share, ulong seed)
    {
        PhiloxSequence random = new(seed, 0);
        var edges = new List<GraphEdge>();
        for (int u = 0; u < nodes; u++)
            for (int v = 0; v < u; v++)
                if (random.NextBelow(256) < share) edges.Add(new GraphEdge(u, v));
        return Graph.FromEdges(nodes, edges.ToArray());
    }

    internal static bool[,] Dense(Graph graph)
    {
        var a = new bool[graph.Nodes, graph.Nodes];
        foreach ((int u, int v) in graph.Edges) a[u, v] = a[v, u] = true;
        return a;
    }
}
