namespace NativeFlow.Layers;

/// <summary>A + I scaled by its row sums D, as compressed rows: what a graph convolution multiplies by. Largest eigenvalue 1 in both forms.</summary>
public sealed class NormalizedAdjacency
{
    private readonly double[] _values;
    private readonly int[] _columns;
    private readonly int[] _starts;
    private readonly int[] _edges;

    /// <summary>Makes the matrix. Cost: nodes + 2 edges numbers.</summary>
    public NormalizedAdjacency(Graph graph, AdjacencyNormalization normalization = AdjacencyNormalization.Symmetric)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Normalization = normalization;
        int count = graph.Nodes + (2 * graph.Edges.Length);
        _values = new double[count];
        _columns = new int[count];
        _edges = new int[count];
        _starts = new int[graph.Nodes + 1];
        for (int u = 0; u < graph.Nodes; u++) _starts[u + 1] = _starts[u] + graph.Degree(u) + 1;
        int[] next = _starts[..^1];
        // As in Graph: edges ascend, so that every row ascends, its own node between the smaller and the larger ones.
        for (int e = 0; e < graph.Edges.Length; e++) Put(graph, next, graph.Edges[e].V, graph.Edges[e].U, e);
        for (int u = 0; u < graph.Nodes; u++) Put(graph, next, u, u, -1);
        for (int e = 0; e < graph.Edges.Length; e++) Put(graph, next, graph.Edges[e].U, graph.Edges[e].V, e);
    }

    /// <summary>How it is scaled.</summary>
    public AdjacencyNormalization Normalization { get; }

    /// <summary>Rows and columns.</summary>
    public int Nodes => _starts.Length - 1;

    /// <summary>Stored numbers, row by row.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Column of each, ascending within a row.</summary>
    public ReadOnlySpan<int> Columns => _columns;

    /// <summary>Where each row starts; one entry more than rows.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    /// <summary>Number of the graph's edge that each belongs to; -1 on the diagonal.</summary>
    public ReadOnlySpan<int> Edges => _edges;

    /// <summary>One entry, by the degrees (neighbours without the node itself) of its row and its column.</summary>
    public static double Weight(AdjacencyNormalization normalization, int rowDegree, int columnDegree)
        => normalization == AdjacencyNormalization.Row ? 1 / (rowDegree + 1.0) : 1 / Math.Sqrt((rowDegree + 1.0) * (columnDegree + 1.0));

    private void Put(Graph graph, int[] next, int row, int column, int edge)
    {
        int at = next[row]++;
        _columns[at] = column;
        _edges[at] = edge;
        _values[at] = Weight(Normalization, graph.Degree(row), graph.Degree(column));
    }
}
