using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>Results for each element, and sums over rows: a group for each row, its items' sums added in a tree.</summary>
/// <remarks>An item has four neighbouring elements at a time, whether they come in one load or not, so that the order of the sum depends on the sizes alone.</remarks>
/// <param name="views">Elements.</param>
/// <param name="sums">One for each row, written.</param>
/// <param name="isAligned">1 where every view starts at a multiple of four and rows have a multiple of four elements, else 0.</param>
/// <param name="body">What to compute.</param>
public readonly struct RowsKernel<T, TView, TLane, TBody>(RowViews<T, TView> views, TView sums, int isAligned, TBody body) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TBody : struct, IRowBody<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    /// <remarks>Items a power of two.</remarks>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int row = group.X, start = row * views.Columns, item = group.Item;
        BodySettings<T> settings = SettingsLoad.From<T, TView>(views.Settings, TBody.Settings);
        TLane sum = TLane.Constant(0);
        for (int c = 4 * item; c < views.Columns; c += 4 * group.Items)
        {
            if (isAligned != 0) sum = views.Four(body, settings, start + c, sum);
            else
                for (int k = c; k < Math.Min(c + 4, views.Columns); k++) sum += views.One<TLane, TBody>(body, settings, start + k);
        }
        TView shared = group.Shared<GroupLength>(0);
        shared.Store(item, TLane.First(sum));
        for (int half = group.Items / 2; half > 0; half /= 2)
        {
            group.Barrier();
            if (item < half) shared.Store(item, TLane.First(TLane.Broadcast(shared.Load(item)) + TLane.Broadcast(shared.Load(item + half))));
        }
        if (item == 0) sums.Store(row, shared.Load(0));
    }
}
