using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[i] *= min(1, largest / (norm[0] + 1e-6)); a norm that is not finite leaves y alone.</summary>
/// <param name="norm">The norm.</param>
/// <param name="y">Changed.</param>
/// <param name="largest">Largest norm let through.</param>
public readonly struct ShortenKernel<T, TView, TLane>(TView norm, TView y, T largest) : IKernel<T, TView>
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
        TLane length = TLane.Broadcast(norm.Load(0)), factor = TLane.Broadcast(largest) / (length + TLane.Constant(1e-6)), nothing = length - length;
        // Infinity and NaN less themselves are NaN, which is equal to nothing.
        if (!TLane.Any(TLane.EqualTo(nothing, nothing)) || !TLane.Any(TLane.LessThan(factor, TLane.Constant(1)))) return;
        y.Store(i, TLane.First(factor * TLane.Broadcast(y.Load(i))));
    }
}
