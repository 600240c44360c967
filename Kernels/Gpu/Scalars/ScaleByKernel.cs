using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] := scale s[0] x[i]; x may be y.</summary>
/// <param name="s">The factor.</param>
/// <param name="x">Read.</param>
/// <param name="y">Written.</param>
/// <param name="scale">A constant beside it.</param>
public readonly struct ScaleByKernel<T, TView, TLane>(TView s, TView x, TView y, T scale) : IKernel<T, TView>
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
        y.Store(i, TLane.First(factor * TLane.Broadcast(x.Load(i))));
    }
}
