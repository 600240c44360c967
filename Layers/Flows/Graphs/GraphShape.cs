namespace NativeFlow.Layers;

/// <summary>What kind of graph it is, and counts that tell.</summary>
public static class GraphShape
{
    /// <summary>Connected and without a cycle; a single node is a tree.</summary>
    public static bool IsTree(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.Edges.Length == graph.Nodes - 1 && graph.Components(new int[graph.Nodes]) == 1;
    }

    /// <summary>A tree that is a path, or nothing, once its leaves are taken away twice.</summary>
    public static bool IsLobster(Graph graph)
    {
        if (!IsTree(graph)) return false;
        var degree = new int[graph.Nodes];
        for (int u = 0; u < graph.Nodes; u++) degree[u] = graph.Degree(u);
        var gone = new bool[graph.Nodes];
        var leaves = new List<int>();
        for (int round = 0; round < 2; round++)
        {
            leaves.Clear();
            for (int u = 0; u < graph.Nodes; u++)
                if (!gone[u] && degree[u] <= 1) leaves.Add(u);
            foreach (int u in leaves)
            {
                gone[u] = true;
                foreach (int v in graph.Neighbours(u)) degree[v]--;
            }
        }

        // What is left of a tree is connected: it is a path where nobody has three neighbours.
        for (int u = 0; u < graph.Nodes; u++)
            if (!gone[u] && degree[u] > 2) return false;
        return true;
    }

    /// <summary>Number of triangles. Cost: for every edge a merge of two lists of neighbours.</summary>
    public static long Triangles(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        long closed = 0;
        foreach ((int u, int v) in graph.Edges) closed += Common(graph, u, v);
        return closed / 3;
    }

    /// <summary>Global clustering (transitivity): 3 triangles / paths of two edges; 0 where there is no such path.</summary>
    public static double Transitivity(Graph graph)
    {
        long triangles = Triangles(graph), paths = 0;
        for (int u = 0; u < graph.Nodes; u++) paths += (long)graph.Degree(u) * (graph.Degree(u) - 1) / 2;
        return paths == 0 ? 0 : 3.0 * triangles / paths;
    }

    /// <summary>Local clustering of every node: share of the pairs of its neighbours that are joined; 0 below two neighbours.</summary>
    public static double[] LocalClustering(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var clustering = new double[graph.Nodes];
        for (int u = 0; u < graph.Nodes; u++)
        {
            long joined = 0, degree = graph.Degree(u);
            foreach (int v in graph.Neighbours(u)) joined += Common(graph, u, v);
            clustering[u] = degree < 2 ? 0 : joined / (double)(degree * (degree - 1));
        }

        return clustering;
    }

    /// <summary>Smallest, mean and largest degree, variance of the degrees, and number of leaves.</summary>
    public static DegreeStatistics Degrees(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int smallest = int.MaxValue, largest = 0, leaves = 0;
        double mean = 2.0 * graph.Edges.Length / graph.Nodes, squares = 0;
        for (int u = 0; u < graph.Nodes; u++)
        {
            int d = graph.Degree(u);
            smallest = Math.Min(smallest, d);
            largest = Math.Max(largest, d);
            if (d == 1) leaves++;
            squares += (d - mean) * (d - mean);
        }

        return new DegreeStatistics(smallest, mean, largest, squares / graph.Nodes, leaves);
    }

    private static int Common(Graph graph, int u, int v)
    {
        ReadOnlySpan<int> a = graph.Neighbours(u), b = graph.Neighbours(v);
        int common = 0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (a[i] == b[j])
            {
                common++;
                i++;
                j++;
            }
            else if (a[i] < b[j])
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return common;
    }
}
