using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>w += y (v - dot of the row).</summary>
/// <param name="y">Softmax.</param>
/// <param name="v">Read.</param>
/// <param name="dot">y v summed over the row.</param>
/// <param name="w">Added to.</param>
/// <param name="cols">Columns.</param>
public readonly struct SoftmaxJacobianKernel<T, TView, TLane>(TView y, TView v, TView dot, TView w, int cols) : IKernel<T, TView>
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
        if (i >= w.Length) return;
        TLane difference = TLane.Broadcast(v.Load(i)) - TLane.Broadcast(dot.Load(i / cols));
        w.Store(i, TLane.First(TLane.MultiplyAdd(TLane.Broadcast(y.Load(i)), difference, TLane.Broadcast(w.Load(i)))));
    }
}
