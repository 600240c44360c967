using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The bin of x[i] among the knots of row i mod rows: the last whose left knot x reaches.</summary>
/// <param name="x">Read.</param>
/// <param name="knots">Rising in each row.</param>
/// <param name="index">Written.</param>
/// <param name="cols">Knots a row.</param>
public readonly struct BinKernel<T, TView, TLane>(TView x, TView knots, TView index, int cols) : IKernel<T, TView>
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
        if (i >= index.Length) return;
        int at = i % (knots.Length / cols) * cols, low = 0, high = cols - 1;
        double value = TLane.FirstInDouble(TLane.Broadcast(x.Load(i)));
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (value >= TLane.FirstInDouble(TLane.Broadcast(knots.Load(at + middle)))) low = middle;
            else high = middle;
        }
        index.Store(i, TLane.First(TLane.Constant(low)));
    }
}
