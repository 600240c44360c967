using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>As <see cref="RowsKernel{T, TView, TLane, TBody}"/> for short rows: an item for each.</summary>
/// <param name="views">Elements.</param>
/// <param name="sums">One for each row, written.</param>
/// <param name="body">What to compute.</param>
public readonly struct NarrowRowsKernel<T, TView, TLane, TBody>(RowViews<T, TView> views, TView sums, TBody body) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TBody : struct, IRowBody<T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int row = (group.X * group.Items) + group.Item;
        if (row >= sums.Length) return;
        BodySettings<T> settings = SettingsLoad.From<T, TView>(views.Settings, TBody.Settings);
        TLane sum = TLane.Constant(0);
        for (int c = 0; c < views.Columns; c++) sum += views.One<TLane, TBody>(body, settings, (row * views.Columns) + c);
        sums.Store(row, TLane.First(sum));
    }
}
