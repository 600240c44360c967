using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := exp(x - greatest of the row) / sum of the row.</summary>
/// <param name="x">Read.</param>
/// <param name="greatest">A number a row.</param>
/// <param name="sum">A number a row.</param>
/// <param name="y">Written.</param>
/// <param name="cols">Columns.</param>
public readonly struct SoftmaxKernel<T, TView, TLane>(TView x, TView greatest, TView sum, TView y, int cols) : IKernel<T, TView>
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
        int r = i / cols;
        y.Store(i, TLane.First(TLane.Exp(TLane.Broadcast(x.Load(i)) - TLane.Broadcast(greatest.Load(r))) / TLane.Broadcast(sum.Load(r))));
    }
}
