namespace NativeFlow.Layers;

/// <summary>How often every node plays each of the 15 roles (orbits) in the connected induced subgraphs of 2, 3 and 4 nodes.</summary>
/// <remarks>Numbers as in Przulj 2007: 0 edge; 1, 2 end and middle of a path; 3 triangle; 4, 5 end and inside of a path of 4; 6, 7 leaf and centre of a star; 8 square;
/// 9, 10, 11 tail, base and joint of a triangle with a tail; 12, 13 outer and inner nodes of a square with one diagonal; 14 all joined.</remarks>
public static class GraphOrbits
{
    /// <summary>Number of orbits.</summary>
    public const int Count = 15;

    /// <summary>Counts [nodes x 15], row-major. Cost: grows with the number of connected sets of four nodes; meant for graphs of hundreds of nodes.</summary>
    public static long[] Of(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var counts = new long[graph.Nodes * Count];
        var set = new int[4];
        for (int root = 0; root < graph.Nodes; root++)
        {
            set[0] = root;
            var later = new List<int>();
            foreach (int v in graph.Neighbours(root))
                if (v > root) later.Add(v);
            Extend(graph, set, 1, later, counts);
        }

        return counts;
    }

    // Every connected set is met once: it grows from its smallest node by nodes that were not reachable before (Wernicke 2006, ESU).
    private static void Extend(Graph graph, int[] set, int size, List<int> candidates, long[] counts)
    {
        if (size >= 2) Tally(graph, set.AsSpan(0, size), counts);
        if (size == 4) return;
        for (int i = 0; i < candidates.Count; i++)
        {
            int chosen = candidates[i];
            var rest = new List<int>(candidates.GetRange(i + 1, candidates.Count - i - 1));
            foreach (int v in graph.Neighbours(chosen))
                if (v > set[0] && !Near(graph, set.AsSpan(0, size), v)) rest.Add(v);
            set[size] = chosen;
            Extend(graph, set, size + 1, rest, counts);
        }
    }

    private static bool Near(Graph graph, ReadOnlySpan<int> set, int node)
    {
        foreach (int s in set)
            if (s == node || graph.HasEdge(s, node)) return true;
        return false;
    }

    private static void Tally(Graph graph, ReadOnlySpan<int> set, long[] counts)
    {
        Span<int> degree = stackalloc int[4];
        degree.Clear();
        int edges = 0, largest = 0;
        for (int i = 0; i < set.Length; i++)
            for (int j = 0; j < i; j++)
            {
                if (!graph.HasEdge(set[i], set[j])) continue;
                edges++;
                degree[i]++;
                degree[j]++;
            }

        foreach (int d in degree) largest = Math.Max(largest, d);
        for (int i = 0; i < set.Length; i++)
        {
            int orbit = (set.Length, edges) switch
            {
                (2, _) => 0,
                (3, 2) => degree[i],
                (3, _) => 3,
                (4, 3) when largest == 3 => degree[i] == 1 ? 6 : 7,
                (4, 3) => 3 + degree[i],
                (4, 4) when largest == 2 => 8,
                (4, 4) => 8 + degree[i],
                (4, 5) => 10 + degree[i],
                _ => 14,
            };
            counts[(set[i] * Count) + orbit]++;
        }
    }
}
