using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>dx += the sums of dy from the end of each row: a row an item.</summary>
/// <param name="dy">Read.</param>
/// <param name="dx">Added to.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns.</param>
public readonly struct RunningSumGradientKernel<T, TView, TLane>(TView dy, TView dx, int rows, int cols) : IKernel<T, TView>
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
        if (i >= rows) return;
        TLane sum = TLane.Constant(0);
        for (int k = ((i + 1) * cols) - 1; k >= i * cols; k--)
        {
            sum += TLane.Broadcast(dy.Load(k));
            dx.Store(k, TLane.First(TLane.Broadcast(dx.Load(k)) + sum));
        }
    }
}
