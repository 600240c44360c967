using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] += s x[i].</summary>
/// <param name="x">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="scale">s.</param>
public readonly struct AddScaledKernel<T, TView, TLane>(TView x, TView y, T scale) : IKernel<T, TView>
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
        y.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(scale), TLane.Broadcast(x.Load(i)), TLane.Broadcast(y.Load(i)))));
    }
}
