using System.Collections;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>What an acyclic relation (child, ancestor) says about levels: its transitive reduction, and each node's depth.</summary>
public sealed class Hierarchy
{
    /// <summary>Computes both.</summary>
    /// <param name="graph">Edges from child to ancestor, transitively closed or not.</param>
    /// <remarks>Cost O(edges x nodes / 64) with one bit a pair of nodes.</remarks>
    /// <exception cref="BadInputException">The edges have a cycle; the message names one of its nodes.</exception>
    public Hierarchy(NamedGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int nodes = graph.Nodes.Count;
        var ancestors = new List<int>[nodes];
        for (int i = 0; i < nodes; i++) ancestors[i] = [];
        foreach ((int child, int ancestor) in graph.Edges) ancestors[child].Add(ancestor);
        int[] order = AncestorsFirst(graph, ancestors);
        var above = new BitArray[nodes];
        var depths = new int[nodes];
        var kept = new List<(int, int)>();
        foreach (int node in order)
        {
            // An edge is implied if one of the others leads to its end.
            var beyond = new BitArray(nodes);
            foreach (int a in ancestors[node]) beyond.Or(above[a]);
            foreach (int a in ancestors[node])
            {
                if (!beyond[a]) kept.Add((node, a));
                depths[node] = Math.Max(depths[node], depths[a] + 1);
            }

            foreach (int a in ancestors[node]) beyond[a] = true;
            above[node] = beyond;
        }

        kept.Sort();
        (Edges, Depths) = (kept, depths);
    }

    /// <summary>The fewest edges with the same ancestors (the transitive reduction), sorted by child, then parent.</summary>
    public IReadOnlyList<(int Child, int Parent)> Edges { get; }

    /// <summary>Steps of the longest way up: 0 for nodes without ancestors.</summary>
    public IReadOnlyList<int> Depths { get; }

    private static int[] AncestorsFirst(NamedGraph graph, List<int>[] ancestors)
    {
        var waiting = new int[ancestors.Length];
        var children = new List<int>[ancestors.Length];
        for (int i = 0; i < children.Length; i++) children[i] = [];
        for (int i = 0; i < ancestors.Length; i++)
        {
            waiting[i] = ancestors[i].Count;
            foreach (int a in ancestors[i]) children[a].Add(i);
        }

        var order = new List<int>(ancestors.Length);
        for (int i = 0; i < waiting.Length; i++)
            if (waiting[i] == 0) order.Add(i);
        for (int k = 0; k < order.Count; k++)
            foreach (int child in children[order[k]])
                if (--waiting[child] == 0) order.Add(child);
        if (order.Count == ancestors.Length) return [.. order];
        int node = Array.FindIndex(waiting, w => w > 0);
        throw new BadInputException($"{graph.Name}: node {BadInputException.Quote(graph.Nodes[node])} lies on or below a cycle of edges; expected a hierarchy of (child, ancestor) without cycles; remove the cycle.");
    }
}
