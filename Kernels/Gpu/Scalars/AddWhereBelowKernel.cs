using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] += x[i] where s[0] is below a limit.</summary>
/// <param name="s">What is compared.</param>
/// <param name="x">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="limit">The limit.</param>
public readonly struct AddWhereBelowKernel<T, TView, TLane>(TView s, TView x, TView y, T limit) : IKernel<T, TView>
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
        if (i >= y.Length || !TLane.Any(TLane.LessThan(TLane.Broadcast(s.Load(0)), TLane.Broadcast(limit)))) return;
        y.Store(i, TLane.First(TLane.Broadcast(x.Load(i)) + TLane.Broadcast(y.Load(i))));
    }
}
