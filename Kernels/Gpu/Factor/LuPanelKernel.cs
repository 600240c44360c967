using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>
/// LU with partial pivoting of a tall panel that is stored by columns, in one group. Column by column (Crout): a column takes the sums over
/// all columns before it, the largest element in it becomes the pivot, its row then takes the sums over all rows above.
/// </summary>
/// <remarks>Of equal elements the one in the topmost row is the pivot. rows columns^2 multiply-adds, four barriers a column.</remarks>
/// <param name="panel">The panel, transposed: [columns x rows].</param>
/// <param name="pivots">For each column the row it was exchanged with, counted in the whole matrix.</param>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns, at most <typeparamref name="TWidth"/> and the items of the group.</param>
/// <param name="first">Row of the whole matrix where the panel begins.</param>
public readonly struct LuPanelKernel<T, TView, TLane, TWidth>(TView panel, TView pivots, int rows, int columns, int first) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TWidth : struct, ILength
{
    private const int Scanners = 32;

    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        // upper[m, j] = u_mj; row: the pivot row as it came.
        TView upper = group.Shared<FactorLengths.Product<TWidth, TWidth>>(0), row = group.Shared<TWidth>(1);
        TView sizes = group.Shared<FactorLengths.Most>(2), places = group.Shared<FactorLengths.Most>(3);
        TView bestSizes = group.Shared<FactorLengths.ThirtyTwo>(4), bestPlaces = group.Shared<FactorLengths.ThirtyTwo>(5);
        int item = group.Item;
        for (int k = 0; k < columns; k++)
        {
            TLane largest = TLane.Constant(-1);
            int place = k;
            for (int i = k + item; i < rows; i += group.Items)
            {
                TLane size = TLane.Abs(Column(upper, k, i));
                if (!TLane.Any(TLane.LessThan(largest, size))) continue;
                largest = size;
                place = i;
            }
            sizes.Store(item, TLane.First(largest));
            places.Store(item, TLane.First(TLane.Constant(place)));
            group.Barrier();
            if (item < Scanners) Scan(sizes, places, item, group.Items, Scanners, bestSizes, bestPlaces, k);
            group.Barrier();
            if (item < columns) Exchange(bestSizes, bestPlaces, row, item, group.Items < Scanners ? group.Items : Scanners, k);
            group.Barrier();
            if (item >= k && item < columns) Row(upper, row, k, item);
            group.Barrier();
        }
        int last = columns - 1;
        TLane pivot = TLane.Broadcast(upper.Load((last * TWidth.Value) + last));
        for (int i = columns + item; i < rows; i += group.Items) Divide((last * rows) + i, pivot);
    }

    // Element i of column k, less what the columns before take from it; scales the column before on the way.
    private TLane Column(TView upper, int k, int i)
    {
        TLane value = TLane.Broadcast(panel.Load((k * rows) + i));
        if (k == 0) return value;
        for (int m = 0; m < k - 1; m++)
            value = TLane.MultiplyAdd(-TLane.Broadcast(panel.Load((m * rows) + i)), TLane.Broadcast(upper.Load((m * TWidth.Value) + k)), value);
        TLane pivot = TLane.Broadcast(upper.Load(((k - 1) * TWidth.Value) + k - 1));
        TLane factor = Divide(((k - 1) * rows) + i, pivot);
        // A zero pivot: its column is zero, and takes nothing.
        if (!TLane.Any(TLane.EqualTo(pivot, TLane.Constant(0)))) value = TLane.MultiplyAdd(-factor, TLane.Broadcast(upper.Load(((k - 1) * TWidth.Value) + k)), value);
        panel.Store((k * rows) + i, TLane.First(value));
        return value;
    }

    private TLane Divide(int at, TLane pivot)
    {
        TLane value = TLane.Broadcast(panel.Load(at));
        if (TLane.Any(TLane.EqualTo(pivot, TLane.Constant(0)))) return value;
        value /= pivot;
        panel.Store(at, TLane.First(value));
        return value;
    }

    // The largest of sizes[from], sizes[from + step], ...; the topmost row of equal ones.
    private static void Scan(TView sizes, TView places, int from, int count, int step, TView toSizes, TView toPlaces, int fallback)
    {
        if (from >= count) return;
        TLane best = PivotSearch<T, TView, TLane>.Best(sizes, places, from, count, step, fallback, out TLane place);
        toSizes.Store(from, TLane.First(best));
        toPlaces.Store(from, TLane.First(place));
    }

    // Row k of this item's column changes places with the pivot's.
    private void Exchange(TView sizes, TView places, TView row, int column, int count, int k)
    {
        PivotSearch<T, TView, TLane>.Best(sizes, places, 0, count, 1, k, out TLane place);
        int p = (int)TLane.FirstInDouble(place), at = (column * rows) + k, other = (column * rows) + p;
        T value = panel.Load(other);
        if (p != k)
        {
            panel.Store(other, panel.Load(at));
            panel.Store(at, value);
        }
        row.Store(column, value);
        if (column == k) pivots.Store(k, TLane.First(TLane.Constant(first + p)));
    }

    // Element (k, j) of the upper triangle.
    private void Row(TView upper, TView row, int k, int j)
    {
        TLane value = TLane.Broadcast(row.Load(j));
        if (j > k)
        {
            for (int m = 0; m < k; m++)
                value = TLane.MultiplyAdd(-TLane.Broadcast(row.Load(m)), TLane.Broadcast(upper.Load((m * TWidth.Value) + j)), value);
            panel.Store((j * rows) + k, TLane.First(value));
        }
        upper.Store((k * TWidth.Value) + j, TLane.First(value));
    }
}
