using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A sparse matrix on a tape, as <see cref="SparseMatMulOp{T}"/> takes it.</summary>
/// <param name="Values">Stored numbers, row by row.</param>
/// <param name="Columns">Column of each.</param>
/// <param name="Starts">Where each row starts; one entry more than rows.</param>
public readonly record struct RecordedGraph(Var Values, Var Columns, Var Starts);
