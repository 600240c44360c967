using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Running sums of each row, in double whatever T is: a row an item.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Written.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns.</param>
public readonly struct RunningSumKernel<T, TView, TLane>(TView x, TView y, int rows, int cols) : IKernel<T, TView>
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
        double sum = 0;
        for (int k = i * cols; k < (i + 1) * cols; k++)
        {
            sum = DeviceMath.Add(sum, TLane.FirstInDouble(TLane.Broadcast(x.Load(k))));
            y.Store(k, TLane.First(TLane.Constant(sum)));
        }
    }
}
