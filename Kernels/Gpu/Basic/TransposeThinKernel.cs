using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[c, r] += s x[r, c] for a few rows or columns: an item an element, in the order of y.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="scale">s, or with a factor a constant beside it.</param>
/// <param name="factor">s[0] in memory; empty for none.</param>
/// <param name="rows">Rows of x.</param>
/// <param name="cols">Columns of x.</param>
/// <param name="xStride">From one row of x to the next.</param>
/// <param name="yStride">From one row of y to the next.</param>
public readonly struct TransposeThinKernel<T, TView, TLane>(TView x, TView y, T scale, TView factor, int rows, int cols, int xStride, int yStride) : IKernel<T, TView>
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
        TLane s = TLane.Broadcast(scale);
        if (factor.Length > 0) s *= TLane.Broadcast(factor.Load(0));
        int c = i / rows, r = i - (c * rows), at = (c * yStride) + r;
        y.Store(at, TLane.First(TLane.MultiplyAdd(s, TLane.Broadcast(x.Load((r * xStride) + c)), TLane.Broadcast(y.Load(at)))));
    }
}
