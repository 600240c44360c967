using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i, i] += value.</summary>
/// <param name="y">Square, added to.</param>
/// <param name="value">What.</param>
/// <param name="order">Order of y.</param>
public readonly struct AddDiagonalKernel<T, TView, TLane>(TView y, T value, int order) : IKernel<T, TView>
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
        if (i >= order) return;
        int at = i * (order + 1);
        y.Store(at, TLane.First(TLane.Broadcast(y.Load(at)) + TLane.Broadcast(value)));
    }
}
