using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>A block of columns of x to, or added to, one of y.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Changed in part.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns of the block.</param>
/// <param name="xStride">From one row of x to the next.</param>
/// <param name="xStart">First column in x.</param>
/// <param name="yStride">From one row of y to the next.</param>
/// <param name="yStart">First column in y.</param>
/// <param name="adds">Other than 0: added to y.</param>
public readonly struct BlockKernel<T, TView, TLane>(TView x, TView y, int rows, int cols, int xStride, int xStart, int yStride, int yStart, int adds) : IKernel<T, TView>
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
        if (i >= rows * cols) return;
        int r = i / cols, c = i - (r * cols), at = (r * yStride) + yStart + c;
        T value = x.Load((r * xStride) + xStart + c);
        if (adds != 0) value = TLane.First(TLane.Broadcast(y.Load(at)) + TLane.Broadcast(value));
        y.Store(at, value);
    }
}
