using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Disk;

/// <summary>The edges to draw between named points, each point's depth, and how many others lie below it.</summary>
/// <param name="Edges">Numbers of points.</param>
/// <param name="Depths">One a point.</param>
/// <param name="Below">One a point: descendants, or neighbours in a graph without directions.</param>
internal sealed record DiskTree(IReadOnlyList<(int From, int To)> Edges, int[] Depths, int[] Below)
{
    private const string Undirected = "graph:";

    /// <summary>Reads an edge list: (child, ancestor) by name, of which the transitive reduction is drawn; or <c>graph:PATH</c>, whole numbers without direction, with depths from the point nearest to the centre.</summary>
    public static DiskTree Read(string edges, DiskTable table)
    {
        bool directed = !edges.StartsWith(Undirected, StringComparison.Ordinal);
        string path = directed ? edges : edges[Undirected.Length..];
        NamedGraph graph = directed ? NamedGraph.Read(path) : NamedGraph.Of(EdgeListReader.Read(path));
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < table.Names.Count; i++)
            if (!numbers.TryAdd(table.Names[i], i)) throw new BadInputException($"the points name {BadInputException.Quote(table.Names[i])} twice; edges need names that differ; correct the table.");
        var points = new int[graph.Nodes.Count];
        for (int i = 0; i < points.Length; i++) points[i] = numbers.GetValueOrDefault(graph.Nodes[i], -1);
        foreach ((int a, int b) in graph.Edges)
            foreach (int node in (ReadOnlySpan<int>)[a, b])
                if (points[node] < 0) throw new BadInputException($"{path}: node {BadInputException.Quote(graph.Nodes[node])} is none of the {table.Names.Count} points; expected the edges of the same nodes; check both files.");
        int[] depths = new int[table.Names.Count], below = new int[table.Names.Count];
        foreach ((int a, int b) in graph.Edges)
        {
            below[points[b]]++;
            if (!directed) below[points[a]]++;
        }

        if (!directed)
        {
            (int, int)[] all = [.. graph.Edges.Select(e => (points[e.Child], points[e.Ancestor]))];
            return new DiskTree(all, FromCentre(table, all), below);
        }

        var hierarchy = new Hierarchy(graph);
        for (int i = 0; i < points.Length; i++)
            if (points[i] >= 0) depths[points[i]] = hierarchy.Depths[i];
        return new DiskTree([.. hierarchy.Edges.Select(e => (points[e.Child], points[e.Parent]))], depths, below);
    }

    // Steps from the most central point; those of other components from theirs.
    private static int[] FromCentre(DiskTable table, (int From, int To)[] edges)
    {
        int count = table.Names.Count;
        var neighbours = new List<int>[count];
        for (int i = 0; i < count; i++) neighbours[i] = [];
        foreach ((int a, int b) in edges)
        {
            neighbours[a].Add(b);
            neighbours[b].Add(a);
        }

        var depths = new int[count];
        Array.Fill(depths, -1);
        var queue = new Queue<int>();
        foreach (int root in Enumerable.Range(0, count).OrderBy(i => table.Points[2 * i] * table.Points[2 * i] + table.Points[2 * i + 1] * table.Points[2 * i + 1]))
        {
            if (depths[root] >= 0) continue;
            depths[root] = 0;
            queue.Enqueue(root);
            while (queue.TryDequeue(out int node))
                foreach (int next in neighbours[node])
                {
                    if (depths[next] >= 0) continue;
                    depths[next] = depths[node] + 1;
                    queue.Enqueue(next);
                }
        }

        return depths;
    }
}
