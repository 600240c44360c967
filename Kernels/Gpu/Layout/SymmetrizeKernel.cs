using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := (x + its transpose) / 2.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Written.</param>
/// <param name="n">Order.</param>
public readonly struct SymmetrizeKernel<T, TView, TLane>(TView x, TView y, int n) : IKernel<T, TView>
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
        int row = i / n, c = i - (row * n);
        y.Store(i, TLane.First(TLane.Constant(0.5) * (TLane.Broadcast(x.Load(i)) + TLane.Broadcast(x.Load((c * n) + row)))));
    }
}
