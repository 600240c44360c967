using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>table[i mod rows, index[i] + offset] += y[i]: a row of the table an item, in the order of i.</summary>
/// <param name="y">Read.</param>
/// <param name="index">Whole numbers.</param>
/// <param name="table">Added to.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns.</param>
/// <param name="offset">Added to the index.</param>
public readonly struct PutKernel<T, TView, TLane>(TView y, IndexList<T, TView, TLane> index, TView table, int rows, int cols, int offset) : IKernel<T, TView>
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
        if (i >= rows) return;
        for (int k = i; k < y.Length; k += rows)
        {
            int at = index.At(k), place = (i * cols) + offset + (at < 0 ? 0 : at);
            TLane value = TLane.Broadcast(table.Load(place)) + TLane.Broadcast(y.Load(k));
            if (at < 0) value = TLane.Constant(double.NaN);
            table.Store(place, TLane.First(value));
        }
    }
}
