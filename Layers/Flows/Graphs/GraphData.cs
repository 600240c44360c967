namespace NativeFlow.Layers;

/// <summary>A graph with what is known about its nodes.</summary>
/// <param name="Name">Short name for reports.</param>
/// <param name="Graph">The graph.</param>
/// <param name="Features">One row a node, or null: then every node is known by its number alone (identity features).</param>
/// <param name="Duplicates">Edges that the source named more than once, in either direction; they count once.</param>
public sealed record GraphData(string Name, Graph Graph, Table? Features, int Duplicates);
