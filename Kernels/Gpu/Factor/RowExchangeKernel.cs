using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The row exchanges of a panel on the other columns of the matrix, one item a column: all rows that move are read before any is written.</summary>
/// <param name="a">The matrix from the panel's first row on.</param>
/// <param name="stride">Row stride.</param>
/// <param name="pivots">Pivots of the panel, counted in the whole matrix.</param>
/// <param name="columns">Columns of the matrix.</param>
/// <param name="first">Row of the whole matrix, and column, where the panel begins.</param>
/// <param name="width">Columns of the panel, at most <typeparamref name="TWidth"/>.</param>
public readonly struct RowExchangeKernel<T, TView, TLane, TWidth, TItems>(TView a, int stride, TView pivots, int columns, int first, int width) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TWidth : struct, ILength
    where TItems : struct, ILength
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView to = group.Shared<FactorLengths.Twice<TWidth>>(0), from = group.Shared<FactorLengths.Twice<TWidth>>(1);
        TView values = group.Shared<FactorLengths.Product<FactorLengths.Twice<TWidth>, TItems>>(2);
        for (int q = group.Item; q < 2 * width; q += group.Items) Trace(q, to, from);
        group.Barrier();
        int column = (group.X * group.Items) + group.Item;
        if (column >= columns || (column >= first && column < first + width)) return;
        for (int q = 0; q < 2 * width; q++)
        {
            int source = (int)TLane.FirstInDouble(TLane.Broadcast(from.Load(q)));
            if (source >= 0) values.Store((q * TItems.Value) + group.Item, a.Load((source * stride) + column));
        }
        for (int q = 0; q < 2 * width; q++)
        {
            int source = (int)TLane.FirstInDouble(TLane.Broadcast(from.Load(q))), target = (int)TLane.FirstInDouble(TLane.Broadcast(to.Load(q)));
            if (source >= 0) a.Store((target * stride) + column, values.Load((q * TItems.Value) + group.Item));
        }
    }

    // Row q of the panel, or for q >= width the row that column q - width was exchanged with: where its content comes from, or -1 if it stays. A row that two q have is written twice, with the same.
    private void Trace(int q, TView to, TView from)
    {
        int row = q < width ? q : Pivot(q - width), source = row;
        for (int i = width - 1; i >= 0; i--)
        {
            int p = Pivot(i);
            if (source == i) source = p;
            else if (source == p) source = i;
        }
        to.Store(q, TLane.First(TLane.Constant(row)));
        from.Store(q, TLane.First(TLane.Constant(source != row ? source : -1)));
    }

    private int Pivot(int i) => (int)TLane.FirstInDouble(TLane.Broadcast(pivots.Load(i))) - first;
}
