using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>All numbers of a channel, over batch and pixels, summed.</summary>
/// <param name="x">Images [batch x channels x pixels].</param>
/// <param name="channels">Channels.</param>
/// <param name="pixels">Pixels of a channel.</param>
/// <param name="length">Numbers of a channel over the batch.</param>
public readonly struct ChannelTerm<T, TView, TLane>(TView x, int channels, int pixels, int length) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        int channel = i / length, n = i % length;
        return running + TLane.Broadcast(x.Load((((n / pixels * channels) + channel) * pixels) + (n % pixels)));
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
