using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>sources[q] := the row that stands in row q after all exchanges, one item a row. n^2 steps in all.</summary>
/// <param name="pivots">Row that row i was exchanged with, for i from 0 on.</param>
/// <param name="sources">Result.</param>
public readonly struct TracePivotsKernel<T, TView, TLane>(TView pivots, TView sources) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int row = (group.X * group.Items) + group.Item, source = row;
        if (row >= sources.Length) return;
        for (int i = pivots.Length - 1; i >= 0; i--)
        {
            int p = TLane.ToInt32(TLane.Broadcast(pivots.Load(i)));
            if (source == i) source = p;
            else if (source == p) source = i;
        }
        sources.Store(row, TLane.First(TLane.Constant(source)));
    }
}
