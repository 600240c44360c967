namespace NativeFlow.Layers;

/// <summary>D^-1/2 (A + I) D^-1/2 with D the degrees of A + I, as compressed rows: what a graph convolution multiplies by.</summary>
/// <remarks>Symmetric, largest eigenvalue 1. Source: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks" (2017).</remarks>
public sealed class NormalizedAdjacency
{
    private readonly double[] _values;
    private readonly int[] _columns;
    private readonly int[] _starts;

    /// <summary>Makes the matrix. Cost: nodes + 2 edges numbers.</summary>
    public NormalizedAdjacency(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        int count = graph.Nodes + (2 * graph.Edges.Length);
        _values = new double[count];
        _columns = new int[count];
        _starts = new int[graph.Nodes + 1];
        int at = 0;
        for (int u = 0; u < graph.Nodes; u++)
        {
            bool placed = false;
            foreach (int v in graph.Neighbours(u))
            {
                if (!placed && v > u)
                {
                    Put(graph, u, u, at++);
                    placed = true;
                }

                Put(graph, u, v, at++);
            }

            if (!placed) Put(graph, u, u, at++);
            _starts[u + 1] = at;
        }
    }

    /// <summary>Rows and columns.</summary>
    public int Nodes => _starts.Length - 1;

    /// <summary>Stored numbers, row by row.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Column of each, ascending within a row.</summary>
    public ReadOnlySpan<int> Columns => _columns;

    /// <summary>Where each row starts; one entry more than rows.</summary>
    public ReadOnlySpan<int> Starts => _starts;

    private void Put(Graph graph, int u, int v, int at)
    {
        _columns[at] = v;
        _values[at] = 1 / Math.Sqrt((graph.Degree(u) + 1.0) * (graph.Degree(v) + 1.0));
    }
}
