using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y += s v, v spread over the rows and columns of y.</summary>
/// <param name="v">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="scale">s.</param>
/// <param name="cols">Columns of y.</param>
/// <param name="spread">How v lies over y.</param>
public readonly struct AddSpreadKernel<T, TView, TLane>(TView v, TView y, T scale, int cols, Spread spread) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= y.Length) return;
        int row = i / cols, column = i - (row * cols);
        TLane other = TLane.Broadcast(v.Load((row * spread.RowStride) + (column * spread.ColumnStride)));
        y.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(scale), other, TLane.Broadcast(y.Load(i)))));
    }
}
