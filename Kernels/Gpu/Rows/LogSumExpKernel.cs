using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := greatest + log of the sum; the greatest itself where that is infinite.</summary>
/// <param name="greatest">A number a row.</param>
/// <param name="sum">exp(x - greatest) summed over the row.</param>
/// <param name="y">Written.</param>
public readonly struct LogSumExpKernel<T, TView, TLane>(TView greatest, TView sum, TView y) : IKernel<T, TView>
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
        TLane top = TLane.Broadcast(greatest.Load(i));
        // At an infinite maximum, inf - inf would make a NaN of an answer that is known.
        TLane isInfinite = TLane.EqualTo(TLane.Abs(top), TLane.Constant(double.PositiveInfinity));
        y.Store(i, TLane.First(TLane.Select(isInfinite, top, top + TLane.Log(TLane.Broadcast(sum.Load(i))))));
    }
}
