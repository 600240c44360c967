using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>Row and column of the first row that has a column, row -1 for none: one group.</summary>
/// <param name="columns">A column for each row, -1 for none; read.</param>
/// <param name="place">Row and column, written.</param>
public readonly struct FirstRowKernel<T, TView, TLane>(TView columns, TView place) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    /// <remarks>Items a power of two.</remarks>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int item = group.Item;
        TLane found = TLane.Constant(-1);
        int row = -1;
        for (int r = item; r < columns.Length; r += group.Items)
            if (columns.Load(r) >= T.Zero)
            {
                found = TLane.Constant(r);
                row = r;
                break;
            }
        TView shared = group.Shared<GroupLength>(0);
        SmallestTree.Run<T, TView, TLane, TGroup>(group, shared, found);
        T first = shared.Load(0);
        if (row >= 0 && TLane.First(found) == first)
        {
            place.Store(0, first);
            place.Store(1, columns.Load(row));
        }
        if (item == 0 && first < T.Zero)
        {
            place.Store(0, first);
            place.Store(1, T.Zero);
        }
    }
}
