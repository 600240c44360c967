using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>factor and offset of every column of ActNorm from its channel's scale and shift.</summary>
/// <param name="s">Scales.</param>
/// <param name="t">Shifts.</param>
/// <param name="factor">Written.</param>
/// <param name="offset">Written.</param>
/// <param name="pixels">Columns a channel.</param>
/// <param name="form">Form.</param>
public readonly struct ActNormExpandKernel<T, TView, TLane>(TView s, TView t, TView factor, TView offset, int pixels, int form) : IKernel<T, TView>
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
        if (i >= factor.Length) return;
        int c = i / pixels;
        TLane scale = TLane.Broadcast(s.Load(c)), shift = TLane.Broadcast(t.Load(c));
        if ((form & 2) == 0) scale = TLane.Exp(scale);
        if ((form & 1) != 0)
        {
            scale = TLane.Constant(1) / scale;
            shift = -shift * scale;
        }
        factor.Store(i, TLane.First(scale));
        offset.Store(i, TLane.First(shift));
    }
}
