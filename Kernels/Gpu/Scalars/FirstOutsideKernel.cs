using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>first[r] := the first column of row r outside an interval, or the number of columns; a row a group.</summary>
/// <param name="x">Values.</param>
/// <param name="first">Written.</param>
/// <param name="low">Lower end.</param>
/// <param name="high">Upper end.</param>
/// <param name="cols">Columns.</param>
/// <param name="closed">1 where the ends are inside.</param>
public readonly struct FirstOutsideKernel<T, TView, TLane>(TView x, TView first, T low, T high, int cols, int closed) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView slots = group.Shared<FindingSlots>(0);
        int start = group.X * cols;
        TLane mine = TLane.Constant(cols);
        // From the right, so that the leftmost stays.
        for (int c = cols - 1 - group.Item; c >= 0; c -= group.Items)
        {
            TLane v = TLane.Broadcast(x.Load(start + c)), from = TLane.Broadcast(low), to = TLane.Broadcast(high);
            bool inside = TLane.Any(TLane.LessThan(from, v)) && TLane.Any(TLane.LessThan(v, to));
            if (closed != 0) inside = inside || TLane.Any(TLane.EqualTo(v, from)) || TLane.Any(TLane.EqualTo(v, to));
            if (!inside) mine = TLane.Constant(c);
        }
        slots.Store(group.Item, TLane.First(mine));
        group.Barrier();
        if (group.Item != 0) return;
        for (int k = 1; k < group.Items; k++) mine = TLane.Min(TLane.Broadcast(slots.Load(k)), mine);
        first.Store(group.X, TLane.First(mine));
    }
}
