using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Tangent of z.</summary>
/// <param name="x">Read.</param>
/// <param name="z">Output.</param>
/// <param name="s">Scales.</param>
/// <param name="factor">A number a column.</param>
/// <param name="tx">Tangent of x, or empty.</param>
/// <param name="ts">Tangent of s, or empty.</param>
/// <param name="tt">Tangent of t, or empty.</param>
/// <param name="tz">Written.</param>
/// <param name="pixels">Columns a channel.</param>
/// <param name="form">Form.</param>
public readonly struct ActNormTangentKernel<T, TView, TLane>(TView x, TView z, TView s, TView factor, TView tx, TView ts, TView tt, TView tz, int pixels, int form) : IKernel<T, TView>
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
        if (i >= tz.Length) return;
        int column = i % factor.Length, c = column / pixels;
        TLane input = TLane.Constant(0), shift = TLane.Constant(0), log = TLane.Constant(0);
        if (tx.Length > 0) input = TLane.Broadcast(tx.Load(i));
        if (tt.Length > 0) shift = TLane.Broadcast(tt.Load(c));
        if (ts.Length > 0)
        {
            log = TLane.Broadcast(ts.Load(c));
            if ((form & 2) != 0) log = log / TLane.Broadcast(s.Load(c));
        }
        TLane f = TLane.Broadcast(factor.Load(column));
        TLane tangent = (form & 1) != 0
            ? (f * (input - shift)) - (TLane.Broadcast(z.Load(i)) * log)
            : (f * (input + (TLane.Broadcast(x.Load(i)) * log))) + shift;
        tz.Store(i, TLane.First(tangent));
    }
}
