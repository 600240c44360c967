using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dx += dy x/y, nothing where y is 0.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Norms.</param>
/// <param name="dy">A number a row.</param>
/// <param name="dx">Added to.</param>
/// <param name="cols">Columns.</param>
public readonly struct RowNormGradientKernel<T, TView, TLane>(TView x, TView y, TView dy, TView dx, int cols) : IKernel<T, TView>
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
        if (i >= dx.Length) return;
        int r = i / cols;
        TLane norm = TLane.Broadcast(y.Load(r)), old = TLane.Broadcast(dx.Load(i));
        TLane gradient = TLane.MultiplyAdd(TLane.Broadcast(dy.Load(r)), TLane.Broadcast(x.Load(i)) / norm, old);
        dx.Store(i, TLane.First(TLane.Select(TLane.EqualTo(norm, TLane.Constant(0)), old, gradient)));
    }
}
