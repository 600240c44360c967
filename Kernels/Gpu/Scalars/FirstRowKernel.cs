using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>found := the first row whose number in <paramref name="first"/> is below a limit, and that number; -1 and 0 where there is none. One group.</summary>
/// <param name="first">A number a row.</param>
/// <param name="found">Two numbers.</param>
/// <param name="limit">The limit.</param>
public readonly struct FirstRowKernel<T, TView, TLane>(TView first, TView found, int limit) : IKernel<T, TView>
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
        TLane mine = TLane.Constant(first.Length), end = TLane.Constant(limit);
        for (int r = first.Length - 1 - group.Item; r >= 0; r -= group.Items)
            if (TLane.Any(TLane.LessThan(TLane.Broadcast(first.Load(r)), end))) mine = TLane.Constant(r);
        slots.Store(group.Item, TLane.First(mine));
        group.Barrier();
        if (group.Item != 0) return;
        for (int k = 1; k < group.Items; k++) mine = TLane.Min(TLane.Broadcast(slots.Load(k)), mine);
        bool any = TLane.Any(TLane.LessThan(mine, TLane.Constant(first.Length)));
        found.Store(0, any ? TLane.First(mine) : TLane.First(TLane.Constant(-1)));
        found.Store(1, any ? first.Load(TLane.ToInt32(mine)) : TLane.First(TLane.Constant(0)));
    }
}
