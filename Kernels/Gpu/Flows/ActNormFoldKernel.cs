using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Gradients of scale and shift from the sums over each channel.</summary>
/// <param name="sum">Sum of dz, a number a channel.</param>
/// <param name="product">Sum of dz and x, or of dz and z when centred first.</param>
/// <param name="factor">A number a column.</param>
/// <param name="s">Scales.</param>
/// <param name="logDetGradient">Gradient of the log-determinant.</param>
/// <param name="ds">Added to, or empty.</param>
/// <param name="dt">Added to, or empty.</param>
/// <param name="channels">Channels.</param>
/// <param name="pixels">Columns a channel.</param>
/// <param name="form">Form.</param>
public readonly struct ActNormFoldKernel<T, TView, TLane>(TView sum, TView product, TView factor, TView s, TView logDetGradient, TView ds, TView dt, int channels, int pixels, int form) : IKernel<T, TView>
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
        if (i >= channels) return;
        bool center = (form & 1) != 0;
        TLane f = TLane.Broadcast(factor.Load(i * pixels)), sums = TLane.Broadcast(sum.Load(i)), products = TLane.Broadcast(product.Load(i));
        TLane log = TLane.Broadcast(logDetGradient.Load(0)) * TLane.Constant(pixels);
        // With respect to log|scale|: dz/dlog = factor x, or -z when centred first.
        TLane g = center ? -products - log : (f * products) + log;
        if ((form & 2) != 0) g = g / TLane.Broadcast(s.Load(i));
        if (ds.Length > 0) ds.Store(i, TLane.First(TLane.Broadcast(ds.Load(i)) + g));
        if (dt.Length > 0) dt.Store(i, TLane.First(TLane.Broadcast(dt.Load(i)) + (center ? -f * sums : sums)));
    }
}
