using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>What an item keeps of the 32 x 32 sums of its warp: four of each tile of 16 x 8, as matrix instructions spread them.</summary>
public struct Tf32Sums<T, TView, TLane, TProducts>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TProducts : struct, ILength
{
    private Quad<T> _x00, _x01, _x02, _x03, _x10, _x11, _x12, _x13;

    /// <summary>Adds the products of eight terms.</summary>
    /// <param name="group">The group.</param>
    /// <param name="upper">Rows 0 to 15 of the left operand.</param>
    /// <param name="lower">Rows 16 to 31.</param>
    /// <param name="left">Columns 0 to 15 of the right operand: both numbers of each of two tiles.</param>
    /// <param name="right">Columns 16 to 31.</param>
    public void MultiplyAdd<TGroup>(
        TGroup group, in Tf32Numbers<T, TLane, TProducts> upper, in Tf32Numbers<T, TLane, TProducts> lower,
        in Tf32Numbers<T, TLane, TProducts> left, in Tf32Numbers<T, TLane, TProducts> right)
        where TGroup : struct, IGroup<T, TView>
    {
        // Small terms first, as in any sum.
        if (TProducts.Value > 1)
        {
            Multiply(group, upper.Small, lower.Small, left.Big, right.Big);
            Multiply(group, upper.Big, lower.Big, left.Small, right.Small);
        }
        Multiply(group, upper.Big, lower.Big, left.Big, right.Big);
    }

    /// <summary>The four sums of tile <paramref name="tile"/>, counted row by row.</summary>
    public readonly Quad<T> this[int tile] => tile < 4
        ? (tile < 2 ? (tile == 0 ? _x00 : _x01) : tile == 2 ? _x02 : _x03)
        : tile < 6 ? (tile == 4 ? _x10 : _x11) : tile == 6 ? _x12 : _x13;

    private void Multiply<TGroup>(TGroup group, in Quad<T> upper, in Quad<T> lower, in Quad<T> left, in Quad<T> right) where TGroup : struct, IGroup<T, TView>
    {
        _x00 = group.MultiplyTf32(upper, left.X0, left.X1, _x00);
        _x01 = group.MultiplyTf32(upper, left.X2, left.X3, _x01);
        _x02 = group.MultiplyTf32(upper, right.X0, right.X1, _x02);
        _x03 = group.MultiplyTf32(upper, right.X2, right.X3, _x03);
        _x10 = group.MultiplyTf32(lower, left.X0, left.X1, _x10);
        _x11 = group.MultiplyTf32(lower, left.X2, left.X3, _x11);
        _x12 = group.MultiplyTf32(lower, right.X0, right.X1, _x12);
        _x13 = group.MultiplyTf32(lower, right.X2, right.X3, _x13);
    }
}
