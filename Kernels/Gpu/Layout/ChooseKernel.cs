using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>one := 0 and other := 1 where c is positive, else 1 and 0.</summary>
/// <param name="c">Read.</param>
/// <param name="one">Written.</param>
/// <param name="other">Written.</param>
public readonly struct ChooseKernel<T, TView, TLane>(TView c, TView one, TView other) : IKernel<T, TView>
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
        if (i >= c.Length) return;
        TLane zero = TLane.Constant(0), unit = TLane.Constant(1), isOther = TLane.LessThan(zero, TLane.Broadcast(c.Load(i)));
        one.Store(i, TLane.First(TLane.Select(isOther, zero, unit)));
        other.Store(i, TLane.First(TLane.Select(isOther, unit, zero)));
    }
}
