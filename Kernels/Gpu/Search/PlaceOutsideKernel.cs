using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>found := row and column of the first element outside, or -1 and 0.</summary>
/// <param name="row">First row with one, or infinity.</param>
/// <param name="columns">First column in each row.</param>
/// <param name="found">Two numbers.</param>
public readonly struct PlaceOutsideKernel<T, TView, TLane>(TView row, TView columns, TView found) : IKernel<T, TView>
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
        if (i >= 1) return;
        TLane number = TLane.Broadcast(row.Load(0)), column = TLane.Constant(0);
        bool isFound = TLane.Any(TLane.LessThan(number, TLane.Constant(double.PositiveInfinity)));
        if (isFound) column = TLane.Broadcast(columns.Load((int)TLane.FirstInDouble(number)));
        found.Store(0, TLane.First(isFound ? number : TLane.Constant(-1)));
        found.Store(1, TLane.First(column));
    }
}
