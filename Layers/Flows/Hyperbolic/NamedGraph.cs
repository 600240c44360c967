using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A graph whose nodes have names: directed edges (child, ancestor), each once. Nodes are numbered in the order in which the file names them first; where all are whole numbers, by these.</summary>
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
        IReadOnlyList<(long Line, string[] Cells)> rows = Rows(path, "an edge list (child, ancestor[, weight])");
        string[] first = rows[0].Cells;
        bool header = HeaderWords.Contains(first[0].ToLowerInvariant()) && HeaderWords.Contains(first[1].ToLowerInvariant());
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new List<string>();
        return Collect(path, rows, header, (cell, line) =>
        {
            if (cell.Length == 0) throw new BadInputException($"{path}: line {line} lacks the name of a node; expected child, ancestor; correct the line.");
            if (numbers.TryGetValue(cell, out int node)) return node;
            names.Add(cell);
            return numbers[cell] = names.Count - 1;
        }, () => [.. names]);
    }

    /// <summary>Reads an edge a line: two whole numbers from 0, then perhaps a weight. Nodes are 0 up to the largest number.</summary>
    /// <exception cref="BadInputException">No edges, a self-loop, a node that is no whole number from 0 to 9999999.</exception>
    public static NamedGraph ReadIntegers(string path)
    {
        const int Largest = 9_999_999;
        IReadOnlyList<(long Line, string[] Cells)> rows = Rows(path, "an edge list (u, v)");
        string[] first = rows[0].Cells;
        bool header = HeaderWords.Contains(first[0].ToLowerInvariant()) && HeaderWords.Contains(first[1].ToLowerInvariant());
        int most = -1;
        return Collect(path, rows, header, (cell, line) =>
        {
            if (!int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int node) || node > Largest) throw new BadInputException($"{path}: line {line}: node {BadInputException.Quote(cell)} is no whole number from 0 to {Largest}; correct it, or read names with --data PATH instead of graph:PATH.");
            most = Math.Max(most, node);
            return node;
        }, () => [.. Enumerable.Range(0, most + 1).Select(i => i.ToString(CultureInfo.InvariantCulture))]);
    }

    private static IReadOnlyList<(long Line, string[] Cells)> Rows(string path, string expected)
    {
        IReadOnlyList<(long Line, string[] Cells)> rows = CellTable.Read(path, expected);
        int columns = rows[0].Cells.Length;
        return columns is 2 or 3 ? rows : throw new BadInputException($"{path}: has {columns} columns, expected {expected}; give a file of two or three columns.");
    }

    private static NamedGraph Collect(string path, IReadOnlyList<(long Line, string[] Cells)> rows, bool header, Func<string, long, int> nodeOf, Func<string[]> names)
    {
        var edges = new List<(int, int)>();
        var seen = new HashSet<(int, int)>();
        int repeated = 0;
        foreach ((long line, string[] cells) in rows.Skip(header ? 1 : 0))
        {
            if (cells.Length == 3 && !double.TryParse(cells[2], NumberStyles.Float, CultureInfo.InvariantCulture, out _)) throw new BadInputException($"{path}: line {line}: the weight {BadInputException.Quote(cells[2])} is not a number; expected child, ancestor, weight; correct the line.");
            (int, int) edge = (nodeOf(cells[0], line), nodeOf(cells[1], line));
            if (edge.Item1 == edge.Item2) throw new BadInputException($"{path}: line {line} is a self-loop of node {BadInputException.Quote(cells[0])}; expected two different nodes; remove the line.");
            if (seen.Add(edge)) edges.Add(edge);
            else repeated++;
        }

        if (edges.Count == 0) throw new BadInputException($"{path}: holds no edges, expected a line for each; give a file with data.");
        return new NamedGraph(DataFile.NameOf(path), names(), [.. edges], repeated);
    }
}
