using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A graph whose nodes have names: directed edges (child, ancestor), each once. Nodes are numbered in the order in which the file names them first.</summary>
public sealed class NamedGraph
{
    private static readonly string[] HeaderWords = ["id1", "id2", "child", "parent", "ancestor", "source", "target", "from", "to", "u", "v", "node1", "node2", "src", "dst"];

    private NamedGraph(string name, string[] nodes, (int Child, int Ancestor)[] edges, int repeated) => (Name, Nodes, Edges, Repeated) = (name, nodes, edges, repeated);

    /// <summary>Of the file, without folder and ending.</summary>
    public string Name { get; }

    /// <summary>Names of the nodes.</summary>
    public IReadOnlyList<string> Nodes { get; }

    /// <summary>Edges in the order of the file, as numbers of nodes.</summary>
    public IReadOnlyList<(int Child, int Ancestor)> Edges { get; }

    /// <summary>Lines left out because the same edge stood before.</summary>
    public int Repeated { get; }

    /// <summary>Reads an edge a line: two names, then perhaps a weight, which is not used. A first line of column titles such as <c>id1,id2,weight</c> is skipped.</summary>
    /// <exception cref="BadInputException">No edges, a self-loop, an empty name, a weight that is not a number.</exception>
    public static NamedGraph Read(string path)
    {
        const string Expected = "an edge list (child, ancestor[, weight])";
        IReadOnlyList<(long Line, string[] Cells)> rows = CellTable.Read(path, Expected);
        string[] first = rows[0].Cells;
        if (first.Length is not (2 or 3)) throw new BadInputException($"{path}: has {first.Length} columns, expected {Expected}; give a file of two or three columns.");
        bool header = HeaderWords.Contains(first[0].ToLowerInvariant()) && HeaderWords.Contains(first[1].ToLowerInvariant());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new List<string>();
        var edges = new List<(int, int)>();
        var seen = new HashSet<(int, int)>();
        int repeated = 0;
        foreach ((long line, string[] cells) in rows.Skip(header ? 1 : 0))
        {
            if (cells.Length == 3 && !double.TryParse(cells[2], NumberStyles.Float, CultureInfo.InvariantCulture, out _)) throw new BadInputException($"{path}: line {line}: the weight {BadInputException.Quote(cells[2])} is not a number; expected child, ancestor, weight; correct the line.");
            (int, int) edge = (NodeOf(cells[0], line), NodeOf(cells[1], line));
            if (edge.Item1 == edge.Item2) throw new BadInputException($"{path}: line {line} is a self-loop of node {BadInputException.Quote(cells[0])}; expected two different nodes; remove the line.");
            if (seen.Add(edge)) edges.Add(edge);
            else repeated++;
        }

        if (edges.Count == 0) throw new BadInputException($"{path}: holds no edges, expected a line for each; give a file with data.");
        return new NamedGraph(DataFile.NameOf(path), [.. names], [.. edges], repeated);

        int NodeOf(string cell, long line)
        {
            if (cell.Length == 0) throw new BadInputException($"{path}: line {line} lacks the name of a node; expected child, ancestor; correct the line.");
            if (numbers.TryGetValue(cell, out int node)) return node;
            names.Add(cell);
            return numbers[cell] = names.Count - 1;
        }
    }

    /// <summary>A graph whose nodes go by their numbers, each edge with its smaller node first; see <see cref="EdgeListReader"/> for files of whole numbers.</summary>
    public static NamedGraph Of(GraphData data)
    {
        var names = new string[data.Graph.Nodes];
        for (int i = 0; i < names.Length; i++) names[i] = i.ToString(CultureInfo.InvariantCulture);
        ReadOnlySpan<GraphEdge> edges = data.Graph.Edges;
        var pairs = new (int, int)[edges.Length];
        for (int i = 0; i < pairs.Length; i++) pairs[i] = (edges[i].U, edges[i].V);
        return new NamedGraph(data.Name, names, pairs, data.Duplicates);
    }
}
