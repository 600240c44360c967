using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>z := x + bias of the channel.</summary>
/// <param name="x">Read.</param>
/// <param name="bias">A number a channel.</param>
/// <param name="z">Written.</param>
/// <param name="channels">Channels.</param>
/// <param name="pixels">Pixels of a channel.</param>
public readonly struct ChannelBiasKernel<T, TView, TLane>(TView x, TView bias, TView z, int channels, int pixels) : IKernel<T, TView>
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
        if (i >= z.Length) return;
        z.Store(i, TLane.First(TLane.Broadcast(x.Load(i)) + TLane.Broadcast(bias.Load(i / pixels % channels))));
    }
}
