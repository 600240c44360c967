using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Sums each column of terms, or parts of it: group (32 columns, part). Sum k of a column takes rows k, k + 8, ... of the part; then the eight are joined in turn.</summary>
/// <param name="term">The terms, row after row.</param>
/// <param name="first">Where first sums go.</param>
/// <param name="second">Where second sums go.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns.</param>
/// <param name="part">Rows in a part.</param>
public readonly struct ReduceColumnsKernel<T, TView, TLane, TTerm>(TTerm term, Outcome<T, TView, TLane> first, Outcome<T, TView, TLane> second, int rows, int cols, int part) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTerm : struct, IColumnTerm<TLane>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView sums = group.Shared<ColumnTile>(0), others = group.Shared<ColumnTile>(1);
        int left = group.X * ColumnTile.Columns, from = group.Y * part, to = from + part;
        if (to > rows) to = rows;
        for (int slot = group.Item; slot < ColumnTile.Value; slot += group.Items)
        {
            int column = left + (slot % ColumnTile.Columns);
            TLane sum = TLane.Constant(0), other = TLane.Constant(0);
            if (column < cols)
                for (int r = from + (slot / ColumnTile.Columns); r < to; r += ColumnTile.Sums) term.Add((r * cols) + column, ref sum, ref other);
            sums.Store(slot, TLane.First(sum));
            if (TTerm.HasSecond) others.Store(slot, TLane.First(other));
        }
        group.Barrier();
        for (int c = group.Item; c < ColumnTile.Columns; c += group.Items)
        {
            if (left + c >= cols) continue;
            TLane sum = TLane.Broadcast(sums.Load(c));
            for (int k = c + ColumnTile.Columns; k < ColumnTile.Value; k += ColumnTile.Columns) sum += TLane.Broadcast(sums.Load(k));
            first.Put((group.Y * cols) + left + c, sum);
            if (!TTerm.HasSecond) continue;
            TLane other = TLane.Broadcast(others.Load(c));
            for (int k = c + ColumnTile.Columns; k < ColumnTile.Value; k += ColumnTile.Columns) other += TLane.Broadcast(others.Load(k));
            second.Put((group.Y * cols) + left + c, other);
        }
    }
}
