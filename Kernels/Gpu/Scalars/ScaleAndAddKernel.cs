using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] := scale s[0] y[i] + weight x[i].</summary>
/// <param name="s">The factor.</param>
/// <param name="x">Read.</param>
/// <param name="y">Changed.</param>
/// <param name="scale">A constant beside the factor.</param>
/// <param name="weight">Weight of x.</param>
public readonly struct ScaleAndAddKernel<T, TView, TLane>(TView s, TView x, TView y, T scale, T weight) : IKernel<T, TView>
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
        TLane factor = TLane.Broadcast(scale) * TLane.Broadcast(s.Load(0));
        y.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(weight), TLane.Broadcast(x.Load(i)), factor * TLane.Broadcast(y.Load(i)))));
    }
}
