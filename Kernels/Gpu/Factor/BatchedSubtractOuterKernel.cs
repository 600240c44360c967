using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A_i -= u_i v_i^T, one item an element.</summary>
/// <param name="u">Vectors [count x n].</param>
/// <param name="v">Vectors [count x n].</param>
/// <param name="a">Matrices [count x n x n].</param>
/// <param name="n">Order.</param>
public readonly struct BatchedSubtractOuterKernel<T, TView, TLane>(TView u, TView v, TView a, int n) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int e = (group.X * group.Items) + group.Item;
        if (e >= a.Length) return;
        TLane left = TLane.Broadcast(u.Load(e / n)), right = TLane.Broadcast(v.Load((e / n / n * n) + (e % n)));
        a.Store(e, TLane.First(TLane.MultiplyAdd(-left, right, TLane.Broadcast(a.Load(e)))));
    }
}
