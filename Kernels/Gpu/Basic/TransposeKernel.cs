using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y[c, r] += s x[r, c], a tile a group; items of a group are a multiple of 32.</summary>
/// <param name="x">Read.</param>
/// <param name="y">Added to.</param>
/// <param name="scale">s, or with a factor a constant beside it.</param>
/// <param name="factor">s[0] in memory; empty for none.</param>
/// <param name="rows">Rows of x.</param>
/// <param name="cols">Columns of x.</param>
/// <param name="xStride">From one row of x to the next.</param>
/// <param name="yStride">From one row of y to the next.</param>
public readonly struct TransposeKernel<T, TView, TLane>(TView x, TView y, T scale, TView factor, int rows, int cols, int xStride, int yStride) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        const int Side = TransposeTile.Side;
        TView tile = group.Shared<TransposeTile>(0);
        int acrossTiles = (cols + Side - 1) / Side, tileRow = group.X / acrossTiles;
        int top = tileRow * Side, left = (group.X - (tileRow * acrossTiles)) * Side;
        int lane = group.Item % Side, step = group.Items / Side;
        for (int r = group.Item / Side; r < Side; r += step)
            if (top + r < rows && left + lane < cols) tile.Store((r * TransposeTile.Stride) + lane, x.Load(((top + r) * xStride) + left + lane));
        TLane s = TLane.Broadcast(scale);
        if (factor.Length > 0) s *= TLane.Broadcast(factor.Load(0));
        group.Barrier();
        for (int c = group.Item / Side; c < Side; c += step)
            if (left + c < cols && top + lane < rows)
            {
                int at = ((left + c) * yStride) + top + lane;
                y.Store(at, TLane.First(TLane.MultiplyAdd(s, TLane.Broadcast(tile.Load((lane * TransposeTile.Stride) + c)), TLane.Broadcast(y.Load(at)))));
            }
    }
}
