using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := [0, weight y[2], y[2]].</summary>
/// <param name="y">Three numbers.</param>
/// <param name="weight">Weight.</param>
public readonly struct PenaltyKernel<T, TView, TLane>(TView y, T weight) : IKernel<T, TView>
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
        if (i >= 1) return;
        y.Store(0, TLane.First(TLane.Constant(0)));
        y.Store(1, TLane.First(TLane.Broadcast(weight) * TLane.Broadcast(y.Load(2))));
    }
}
