using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A copy of a matrix with its rows or columns in another order, one item an element.</summary>
/// <param name="from">Matrix [rows x columns].</param>
/// <param name="to">Result.</param>
/// <param name="sources">Numbers of rows or columns; empty for a plain copy.</param>
/// <param name="columns">Columns.</param>
/// <param name="ofColumns">1 where columns change places.</param>
/// <param name="back">0: place q gets what stood at sources[q]; 1: place sources[q] gets what stood at q.</param>
public readonly struct PermuteKernel<T, TView, TLane>(TView from, TView to, TView sources, int columns, int ofColumns, int back) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int e = (group.X * group.Items) + group.Item;
        if (e >= to.Length) return;
        int other = e;
        if (sources.Length != 0)
        {
            int r = e / columns, c = e % columns;
            if (ofColumns != 0) c = TLane.ToInt32(TLane.Broadcast(sources.Load(c)));
            else r = TLane.ToInt32(TLane.Broadcast(sources.Load(r)));
            other = (r * columns) + c;
        }
        if (back != 0) to.Store(other, from.Load(e));
        else to.Store(e, from.Load(other));
    }
}
