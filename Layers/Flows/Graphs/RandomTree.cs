using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>Random labelled trees, all equally likely: a random Pruefer sequence, decoded.</summary>
/// <remarks>Source: Pruefer 1918; there are n^(n-2) sequences and as many trees.</remarks>
public static class RandomTree
{
    /// <summary>A tree of <paramref name="nodes"/> nodes, a function of the seed.</summary>
    /// <exception cref="ArgumentException">There are no nodes, or too many.</exception>
    public static Graph Generate(int nodes, ulong seed)
    {
        if (nodes < 3) return Graph.FromEdges(nodes, nodes == 2 ? [new GraphEdge(0, 1)] : []);
        var sequence = new int[nodes - 2];
        PhiloxSequence random = new(seed, 0);
        for (int i = 0; i < sequence.Length; i++) sequence[i] = (int)random.NextBelow((uint)nodes);
        return Decode(nodes, sequence);
    }

    /// <summary>The tree of a Pruefer sequence of nodes - 2 entries. Cost: linear, and a sort of the edges.</summary>
    /// <exception cref="ArgumentException">The length does not fit, or an entry is no node.</exception>
    public static Graph Decode(int nodes, ReadOnlySpan<int> sequence)
    {
        if (nodes < 2 || sequence.Length != nodes - 2) throw new ArgumentException($"RandomTree: a sequence of {sequence.Length} entries for {nodes} nodes; it has two entries fewer than the tree has nodes.");
        var left = new int[nodes];
        foreach (int s in sequence)
        {
            if ((uint)s >= (uint)nodes) throw new ArgumentException($"RandomTree: entry {s} is no node of 0 to {nodes - 1}.");
            left[s]++;
        }

        var edges = new GraphEdge[nodes - 1];
        // The smallest leaf: the pointer only moves up, except that a node below it may become a leaf, which is then next.
        int pointer = 0;
        while (left[pointer] > 0) pointer++;
        int leaf = pointer;
        for (int i = 0; i < sequence.Length; i++)
        {
            int to = sequence[i];
            edges[i] = new GraphEdge(leaf, to);
            if (--left[to] == 0 && to < pointer)
            {
                leaf = to;
            }
            else
            {
                do pointer++;
                while (left[pointer] > 0);
                leaf = pointer;
            }
        }

        edges[^1] = new GraphEdge(leaf, nodes - 1);
        return Graph.FromEdges(nodes, edges);
    }
}
