using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := a combined with b, which is spread over the rows and columns of a.</summary>
/// <param name="a">First operand.</param>
/// <param name="b">Second operand.</param>
/// <param name="y">Result.</param>
/// <param name="scale">s.</param>
/// <param name="cols">Columns of a.</param>
/// <param name="spread">How b lies over a.</param>
public readonly struct SpreadKernel<T, TView, TLane, TRule>(TView a, TView b, TView y, T scale, int cols, Spread spread) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TRule : struct, ISpreadRule<TLane>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= y.Length) return;
        int row = i / cols, column = i - (row * cols);
        TLane other = TLane.Broadcast(b.Load((row * spread.RowStride) + (column * spread.ColumnStride)));
        TLane old = TRule.Adds ? TLane.Broadcast(y.Load(i)) : TLane.Constant(0);
        y.Store(i, TLane.First(TRule.Of(TLane.Broadcast(a.Load(i)), other, TLane.Broadcast(scale), old)));
    }
}
