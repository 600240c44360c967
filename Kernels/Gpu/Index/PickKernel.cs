using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] := table[i mod rows, index[i] + offset].</summary>
/// <param name="table">Read.</param>
/// <param name="index">Whole numbers.</param>
/// <param name="y">Written.</param>
/// <param name="cols">Columns.</param>
/// <param name="offset">Added to the index.</param>
public readonly struct PickKernel<T, TView, TLane>(TView table, IndexList<T, TView, TLane> index, TView y, int cols, int offset) : IKernel<T, TView>
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
        int k = index.At(i), at = i % (table.Length / cols) * cols;
        TLane value = TLane.Constant(double.NaN);
        if (k >= 0) value = TLane.Broadcast(table.Load(at + k + offset));
        y.Store(i, TLane.First(value));
    }
}
