using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[c, o, flipped tap] += alpha w[o, c, tap].</summary>
/// <param name="w">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="alpha">Factor.</param>
/// <param name="outputs">Channels out of w.</param>
/// <param name="inputs">Channels into w.</param>
/// <param name="taps">Taps of a kernel.</param>
public readonly struct MirrorKernel<T, TView, TLane>(TView w, TView y, T alpha, int outputs, int inputs, int taps) : IKernel<T, TView>
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
        if (i >= outputs * inputs * taps) return;
        int pair = i / taps, t = i - (pair * taps), o = pair / inputs, c = pair - (o * inputs);
        int at = (((c * outputs) + o) * taps) + taps - 1 - t;
        y.Store(at, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(alpha), TLane.Broadcast(w.Load(i)), TLane.Broadcast(y.Load(at)))));
    }
}
