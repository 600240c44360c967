namespace NativeFlow.Layers;

/// <summary>An undirected graph without loops and parallel edges, as rows of sorted neighbours (CSR). Immutable.</summary>
public sealed class Graph
{
    /// <summary>The most nodes a graph may have: node numbers must be exact as float.</summary>
    public const int MaxNodes = 1 << 24;

    private readonly int[] _starts;
    private readonly int[] _neighbours;
    private readonly GraphEdge[] _edges;

    private Graph(int nodes, GraphEdge[] edges)
    {
        Nodes = nodes;
        _edges = edges;
        _starts = new int[nodes + 1];
        _neighbours = new int[2 * edges.Length];
        foreach ((int u, int v) in edges)
        {
            _starts[u + 1]++;
            _starts[v + 1]++;
        }

        for (int u = 0; u < nodes; u++) _starts[u + 1] += _starts[u];
        int[] next = _starts[..nodes];
        // Edges ascend, so every row is filled in ascending order: first the smaller neighbours, then the larger ones.
        foreach ((int u, int v) in edges) _neighbours[next[v]++] = u;
        foreach ((int u, int v) in edges) _neighbours[next[u]++] = v;
    }

    /// <summary>Number of nodes.</summary>
    public int Nodes { get; }

    /// <summary>The edges with the smaller node first, ascending.</summary>
    public ReadOnlySpan<GraphEdge> Edges => _edges;

    /// <summary>A graph from pairs in any order; a pair that is there twice (in either direction) is one edge.</summary>
    /// <exception cref="ArgumentException">A node lies outside, or an edge is a loop.</exception>
    public static Graph FromEdges(int nodes, ReadOnlySpan<GraphEdge> edges)
    {
        if (nodes is < 1 or > MaxNodes) throw new ArgumentException($"Graph: {nodes} nodes; there must be from 1 to {MaxNodes}.");
        var sorted = new GraphEdge[edges.Length];
        for (int i = 0; i < edges.Length; i++)
        {
            GraphEdge e = sorted[i] = edges[i].Ordered();
            if (e.U < 0 || e.V >= nodes) throw new ArgumentException($"Graph: edge {i} is ({edges[i].U}, {edges[i].V}), nodes are numbered from 0 to {nodes - 1}.");
            if (e.U == e.V) throw new ArgumentException($"Graph: edge {i} joins node {e.U} to itself.");
        }

        Array.Sort(sorted, static (a, b) => a.U != b.U ? a.U.CompareTo(b.U) : a.V.CompareTo(b.V));
        int kept = 0;
        foreach (GraphEdge e in sorted)
            if (kept == 0 || sorted[kept - 1] != e) sorted[kept++] = e;
        return new Graph(nodes, sorted[..kept]);
    }

    /// <summary>Neighbours of a node, ascending.</summary>
    public ReadOnlySpan<int> Neighbours(int node) => _neighbours.AsSpan(_starts[node].._starts[node + 1]);

    /// <summary>Number of neighbours.</summary>
    public int Degree(int node) => _starts[node + 1] - _starts[node];

    /// <summary>Whether two nodes are joined. Cost: logarithm of the degree.</summary>
    public bool HasEdge(int u, int v) => Neighbours(u).BinarySearch(v) >= 0;

    /// <summary>Component of every node, numbered from 0 in the order of their smallest nodes; returns how many there are.</summary>
    public int Components(Span<int> component)
    {
        if (component.Length != Nodes) throw new ArgumentException($"Graph.Components: {component.Length} places for {Nodes} nodes.");
        component.Fill(-1);
        var stack = new Stack<int>();
        int count = 0;
        for (int root = 0; root < Nodes; root++)
        {
            if (component[root] >= 0) continue;
            component[root] = count;
            stack.Push(root);
            while (stack.TryPop(out int u))
                foreach (int v in Neighbours(u))
                {
                    if (component[v] >= 0) continue;
                    component[v] = count;
                    stack.Push(v);
                }

            count++;
        }

        return count;
    }
}
