using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Training batches: rows in an order shuffled anew every epoch, with fresh dequantisation noise or binarised anew. Batch k of epoch e is a function of
/// (seed, e, k) alone, so that a resumed run sees what the first would have.
/// </summary>
public sealed class BatchSource<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Table _table;
    private readonly int _batchSize;
    private readonly ulong _seed;
    private readonly bool _dequantize, _binarize, _keepLast;
    private readonly int[] _order;
    private long _epoch = -1;

    /// <summary>Creates the source.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="batchSize">Rows of a batch.</param>
    /// <param name="seed">Seed of order and noise.</param>
    /// <param name="dequantize">Whether integer data gets uniform noise.</param>
    /// <param name="binarize">Whether values become 0 or 1 at random instead (<see cref="Binarization"/>).</param>
    /// <param name="keepLast">Whether rows that do not fill a last batch make a smaller one; otherwise they come in another epoch's order.</param>
    /// <exception cref="NativeFlow.Engine.BadInputException">The table has fewer rows than a batch, or values that cannot be binarised.</exception>
    public BatchSource(Table table, int batchSize, ulong seed, bool dequantize, bool binarize = false, bool keepLast = false)
    {
        if (keepLast) batchSize = Math.Min(batchSize, table.Rows);
        if (binarize) Binarization.Require(table);
        (_binarize, _keepLast) = (binarize, keepLast);
        if (table.Rows < batchSize) throw new Engine.BadInputException($"{table.Name}: has {table.Rows} training rows, a batch takes {batchSize}; use a batch size of at most {table.Rows}.");
        (_table, _batchSize, _seed, _dequantize) = (table, batchSize, seed, dequantize && !binarize && table.Levels > 0);
        _order = new int[table.Rows];
    }

    /// <summary>Batches of an epoch.</summary>
    public int BatchesPerEpoch => (_table.Rows + (_keepLast ? _batchSize - 1 : 0)) / _batchSize;

    /// <summary>Rows of batch <paramref name="index"/>.</summary>
    public int RowsOf(int index) => Math.Min(_batchSize, _table.Rows - index * _batchSize);

    /// <summary>Fills [rows of the batch x columns] with batch <paramref name="index"/> of <paramref name="epoch"/>, and its context where the table has one.</summary>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="index">Number of the batch in it.</param>
    /// <param name="destination">[rows of the batch x columns].</param>
    /// <param name="context">[rows of the batch x context columns]; empty where the table has none.</param>
    /// <exception cref="Engine.BadInputException">The context has another width than the table's.</exception>
    public void Fill(long epoch, int index, Span<T> destination, Span<T> context = default)
    {
        int columns = _table.Columns, rows = RowsOf(index);
        _table.RequireContext(context.Length / rows, "the flow");
        if (epoch != _epoch)
        {
            for (int i = 0; i < _order.Length; i++) _order[i] = i;
            RandomFill.Shuffle(SeedMix.Of(_seed, 1), (ulong)epoch, _order);
            _epoch = epoch;
        }
        for (int r = 0; r < rows; r++)
            _table.CopyRow(_order[index * _batchSize + r], destination.Slice(r * columns, columns));
        if (_table.Context is { } given)
            for (int r = 0; r < rows; r++)
                given.CopyRow(_order[index * _batchSize + r], context.Slice(r * given.Columns, given.Columns));
        if (_binarize) BinarizeRows(epoch, index, destination);
        if (_dequantize) Dequantization.AddUniformNoise(destination, SeedMix.Of(_seed, 2), (ulong)(epoch * BatchesPerEpoch + index), 0);
    }

    // By the number of the row in the table, not of its place in the batch.
    private void BinarizeRows(long epoch, int index, Span<T> destination)
    {
        int columns = _table.Columns;
        ulong key = SeedMix.Of(_seed, 3);
        for (int r = 0; r < RowsOf(index); r++)
            Binarization.Draw(destination.Slice(r * columns, columns), _table.Levels, key, (ulong)epoch, (ulong)_order[index * _batchSize + r] * (ulong)columns);
    }
}
