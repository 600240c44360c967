using System.Globalization;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Reads an undirected graph from text, one edge a line: <c>u,v</c>, nodes numbered from 0, plain or gzip. A first line of names is a header; a third
/// column that it calls <c>weight</c> is passed over. Lines that begin with <c>#</c> are comments. An edge given twice, in either direction, is one edge.
/// </summary>
public static class EdgeListReader
{
    /// <summary>Reads edges, and features if there is a file of them (see <see cref="DelimitedReader"/>; one row a node, in order).</summary>
    /// <param name="path">Edge list.</param>
    /// <param name="features">Features, or null.</param>
    /// <param name="nodes">Number of nodes; 0: as many as there are rows of features, or without those the largest node plus 1.</param>
    /// <exception cref="BadInputException">A file is missing or damaged, a cell is no whole number, an edge is a self-loop, or names a node that does not exist.</exception>
    public static GraphData Read(string path, string? features = null, int nodes = 0)
    {
        Table? table = features is null ? null : DelimitedReader.Read(features);
        if (table is not null && nodes > 0 && table.Rows != nodes)
            throw new BadInputException($"{features}: has {table.Rows} rows, but {nodes} nodes were announced; give one row of features a node.");
        int most = table?.Rows ?? nodes;
        string limit = table is not null ? $"{features} has {table.Rows} rows" : $"{nodes} nodes were announced";
        var edges = new List<GraphEdge>();
        int largest = -1;
        using DataFile file = DataFile.Open(path, "an edge list (u,v a line)");
        var lines = new LineReader(file);
        CellSplitter? splitter = null;
        int width = 2;
        while (lines.Next(out ReadOnlySpan<byte> line))
        {
            if (line.Trim(" \t"u8).IsEmpty || line.StartsWith("#"u8)) continue;
            bool first = splitter is null;
            splitter ??= new CellSplitter(CellSplitter.Detect(line));
            if (!splitter.Split(line)) throw new BadInputException($"{path}: line {lines.Number} has a double quote that does not enclose a whole cell; correct it.");
            if (first && IsHeader(line, splitter))
            {
                if (splitter.Cells.Count == 3 && CellSplitter.Text(line, splitter.Cells[2]).Equals("weight", StringComparison.OrdinalIgnoreCase)) width = 3;
                else if (splitter.Cells.Count != 2) throw new BadInputException($"{path}: line {lines.Number} names {splitter.Cells.Count} columns, expected two (u,v) or u,v,weight; leave the others out.");
                continue;
            }

            if (splitter.Cells.Count != width) throw new BadInputException($"{path}: line {lines.Number} has {splitter.Cells.Count} values, expected {width} (u,v: the nodes of an edge{(width == 3 ? ", and a weight" : "")}); correct the line.");
            int u = Node(path, lines.Number, line, splitter.Cells[0]), v = Node(path, lines.Number, line, splitter.Cells[1]);
            if (u == v) throw new BadInputException($"{path}: line {lines.Number} joins node {u} to itself, expected two different nodes; remove self-loops.");
            int high = Math.Max(u, v);
            if (most > 0 && high >= most) throw new BadInputException($"{path}: line {lines.Number} names node {high}, but {limit}, so nodes are 0 to {most - 1}; correct the line or the number of nodes.");
            largest = Math.Max(largest, high);
            edges.Add(new GraphEdge(u, v));
        }

        if (edges.Count == 0) throw new BadInputException($"{path}: holds no edge, expected lines of two node numbers (u,v); give a file with edges.");
        var graph = Graph.FromEdges(most > 0 ? most : largest + 1, edges.ToArray());
        return new GraphData(DataFile.NameOf(path), graph, table, edges.Count - graph.Edges.Length);
    }

    private static bool IsHeader(ReadOnlySpan<byte> line, CellSplitter splitter)
    {
        // A header holds no number: "1,x" is a bad edge, not a header.
        foreach (Range cell in splitter.Cells)
            if (double.TryParse(line[cell], NumberStyles.Float, CultureInfo.InvariantCulture, out _) || line[cell].IsEmpty) return false;
        return true;
    }

    private static int Node(string path, long number, ReadOnlySpan<byte> line, Range cell)
    {
        if (int.TryParse(line[cell], NumberStyles.None, CultureInfo.InvariantCulture, out int node) && node < Graph.MaxNodes) return node;
        string text = CellSplitter.Text(line, cell);
        throw new BadInputException($"{path}: line {number} has {(text.Length == 0 ? "an empty cell" : BadInputException.Quote(text))} for a node, expected a whole number from 0 to {Graph.MaxNodes - 1}; correct the line.");
    }
}
