namespace NativeFlow.Layers;

/// <summary>One epoch of a <see cref="GraphTrainer{T}"/>.</summary>
/// <param name="Epoch">Number, from 1.</param>
/// <param name="Loss">Edges + non-edges + divergence, nats.</param>
/// <param name="Edges">-mean log p of the training edges.</param>
/// <param name="NonEdges">-mean log(1 - p) of the negatives of this epoch.</param>
/// <param name="Divergence">Mean divergence of a node's posterior, by one draw (a single-sample estimate), before its weight.</param>
public readonly record struct GraphEpoch(long Epoch, double Loss, double Edges, double NonEdges, double Divergence);
