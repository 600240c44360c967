using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Training batches: rows in an order shuffled anew every epoch, with fresh dequantisation noise. Batch k of epoch e is a function of
/// (seed, e, k) alone, so that a resumed run sees what the first would have.
/// </summary>
public sealed class BatchSource<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Table _table;
    private readonly int _batchSize;
    private readonly ulong _seed;
    private readonly bool _dequantize;
    private readonly int[] _order;
    private long _epoch = -1;

    /// <summary>Creates the source; rows that do not fill a last batch come in another epoch's order.</summary>
    /// <exception cref="NativeFlow.Engine.BadInputException">The table has fewer rows than a batch.</exception>
    public BatchSource(Table table, int batchSize, ulong seed, bool dequantize)
    {
        if (table.Rows < batchSize) throw new Engine.BadInputException($"{table.Name}: has {table.Rows} training rows, a batch takes {batchSize}; use a batch size of at most {table.Rows}.");
        (_table, _batchSize, _seed, _dequantize) = (table, batchSize, seed, dequantize && table.Levels > 0);
        _order = new int[table.Rows];
    }

    /// <summary>Batches of an epoch.</summary>
    public int BatchesPerEpoch => _table.Rows / _batchSize;

    /// <summary>Fills [batch size x columns] with batch <paramref name="index"/> of <paramref name="epoch"/>, and its context where the table has one.</summary>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="index">Number of the batch in it.</param>
    /// <param name="destination">[batch size x columns].</param>
    /// <param name="context">[batch size x context columns]; empty where the table has none.</param>
    /// <exception cref="Engine.BadInputException">The context has another width than the table's.</exception>
    public void Fill(long epoch, int index, Span<T> destination, Span<T> context = default)
    {
        _table.RequireContext(context.Length / _batchSize, "the flow");
        if (epoch != _epoch)
        {
            for (int i = 0; i < _order.Length; i++) _order[i] = i;
            RandomFill.Shuffle(SeedMix.Of(_seed, 1), (ulong)epoch, _order);
            _epoch = epoch;
        }
        int columns = _table.Columns;
        for (int r = 0; r < _batchSize; r++)
            _table.CopyRow(_order[index * _batchSize + r], destination.Slice(r * columns, columns));
        if (_table.Context is { } given)
            for (int r = 0; r < _batchSize; r++)
                given.CopyRow(_order[index * _batchSize + r], context.Slice(r * given.Columns, given.Columns));
        if (_dequantize) Dequantization.AddUniformNoise(destination, SeedMix.Of(_seed, 2), (ulong)(epoch * BatchesPerEpoch + index), 0);
    }
}
