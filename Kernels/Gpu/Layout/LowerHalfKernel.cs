using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The lower triangle of s with half the diagonal, in place.</summary>
/// <param name="s">Changed.</param>
/// <param name="n">Order.</param>
public readonly struct LowerHalfKernel<T, TView, TLane>(TView s, int n) : IKernel<T, TView>
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
        if (i >= s.Length) return;
        int row = i / n, c = i - (row * n);
        if (c == row) s.Store(i, TLane.First(TLane.Broadcast(s.Load(i)) * TLane.Constant(0.5)));
        else if (c > row) s.Store(i, TLane.First(TLane.Constant(0)));
    }
}
