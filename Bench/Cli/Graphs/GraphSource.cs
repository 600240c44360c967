using System.Globalization;
using System.Runtime.InteropServices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary>What stands behind <c>--data graph:...</c>: a file, or a graph that is drawn.</summary>
internal static class GraphSource
{
    public const string Help = "graph:PATH (edges u,v a line), graph:tree[:NODES[:SEED]], graph:lobster[:NODES[:SEED]] or graph:spreading[:NODES[:SEED]] (with features)";

    private const int DefaultNodes = 500;

    public static GraphData Open(string data, string? features, string? nodes)
    {
        string text = data.StartsWith(GraphTrain.DataPrefix, StringComparison.Ordinal) ? data[GraphTrain.DataPrefix.Length..] : "";
        if (text.Length == 0) throw new BadInputException($"--data {BadInputException.Quote(data)}: expected {Help}.");
        string[] parts = text.Split(':');
        if (parts[0] is not ("tree" or "lobster" or "spreading"))
            return EdgeListReader.Read(text, features, nodes is null ? 0 : Arguments.Whole("--nodes", nodes, 1));
        if (features is not null || nodes is not null) throw new BadInputException($"--data {data}: a drawn graph brings its own nodes and features; leave --features and --nodes out, or name a file (./{parts[0]}).");
        if (parts.Length > 3) throw new BadInputException($"--data {BadInputException.Quote(data)}: expected {Help}.");
        int count = parts.Length > 1 ? Arguments.Whole("--data NODES", parts[1], 2) : DefaultNodes;
        ulong seed = parts.Length > 2 ? Arguments.Seed("--data SEED", parts[2]) : 0;
        if (count > Graph.MaxNodes) throw new BadInputException($"--data {data}: {count} nodes are more than the {Graph.MaxNodes} that a graph may have.");
        if (parts[0] == "spreading") return SpreadingTree.Generate(count, seed);
        // Two neighbours a backbone node and two leaves a neighbour make seven nodes of one.
        Graph graph = parts[0] == "tree" ? RandomTree.Generate(count, seed) : RandomLobster.Generate(Math.Max(1, count / 7), 2.0 / 3, 2.0 / 3, seed);
        return new GraphData(parts[0], graph, null, 0);
    }

    public static uint Checksum(GraphData data)
    {
        uint crc = Crc32.Append(0, BitConverter.GetBytes(data.Graph.Nodes));
        crc = Crc32.Append(crc, MemoryMarshal.AsBytes(data.Graph.Edges));
        if (data.Features is null) return crc;
        var row = new double[data.Features.Columns];
        for (int i = 0; i < data.Features.Rows; i++)
        {
            data.Features.CopyRow(i, row);
            crc = Crc32.Append(crc, MemoryMarshal.AsBytes<double>(row));
        }

        return crc;
    }

    /// <summary>The text by which equal graphs are recognised: paths in full.</summary>
    public static string Canonical(string data)
    {
        string text = data[GraphTrain.DataPrefix.Length..];
        string name = text.Split(':')[0];
        return text.Length == 0 || name is "tree" or "lobster" or "spreading" ? data : GraphTrain.DataPrefix + Path.GetFullPath(text);
    }

    /// <summary>In words.</summary>
    public static string Describe(GraphData data)
        => string.Create(CultureInfo.InvariantCulture, $"{data.Name}: {data.Graph.Nodes} nodes, {data.Graph.Edges.Length} edges{(data.Duplicates > 0 ? $" ({data.Duplicates} more were duplicates)" : "")}, {(data.Features is { } f ? $"{f.Columns} features" : "identity features")}{(GraphShape.IsTree(data.Graph) ? ", a tree" : "")}");
}
