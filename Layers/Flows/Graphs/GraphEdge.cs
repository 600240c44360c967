namespace NativeFlow.Layers;

/// <summary>An undirected edge, or a pair of nodes that may be one.</summary>
/// <param name="U">One node, from 0.</param>
/// <param name="V">The other.</param>
public readonly record struct GraphEdge(int U, int V)
{
    /// <summary>The same with the smaller node first: the form in which edges are compared.</summary>
    public GraphEdge Ordered() => U <= V ? this : new GraphEdge(V, U);
}
