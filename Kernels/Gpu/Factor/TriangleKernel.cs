using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>B := op(A)^-1 B for a small triangular matrix, one item a right-hand side, the triangle and the right-hand sides in shared memory.</summary>
/// <param name="a">The triangle.</param>
/// <param name="strideA">Its row stride.</param>
/// <param name="order">Its order, at most <typeparamref name="TWidth"/>.</param>
/// <param name="side">Which triangle.</param>
/// <param name="b">Right-hand sides.</param>
/// <param name="strideB">Row stride of b.</param>
/// <param name="count">Number of right-hand sides; <typeparamref name="TItems"/> a group.</param>
public readonly struct TriangleKernel<T, TView, TLane, TWidth, TItems>(TView a, int strideA, int order, TriangleSide side, TView b, int strideB, int count) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TWidth : struct, ILength
    where TItems : struct, ILength
{
    private static int Row => TItems.Value + 1;

    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView triangle = group.Shared<FactorLengths.Product<TWidth, TWidth>>(0), x = group.Shared<FactorLengths.Padded<TWidth, TItems>>(1);
        int item = group.Item, start = group.X * TItems.Value, own = start + item;
        for (int e = item; e < order * order; e += group.Items)
        {
            int r = e / order, c = e % order;
            triangle.Store(side.Transposed != 0 ? (c * TWidth.Value) + r : (r * TWidth.Value) + c, a.Load((r * strideA) + c));
        }
        int taken = count - start < TItems.Value ? count - start : TItems.Value;
        if (side.ByRows != 0)
            for (int e = item; e < taken * order; e += group.Items) x.Store((e % order * Row) + (e / order), b.Load(((start + (e / order)) * strideB) + (e % order)));
        else if (own < count)
            for (int i = 0; i < order; i++) x.Store((i * Row) + item, b.Load((i * strideB) + own));
        group.Barrier();
        if (own < count)
        {
            if (side.Lower != side.Transposed)
                for (int i = 0; i < order; i++) Unknown(triangle, x, item, i, 0, i);
            else
                for (int i = order - 1; i >= 0; i--) Unknown(triangle, x, item, i, i + 1, order);
        }
        group.Barrier();
        if (side.ByRows != 0)
            for (int e = item; e < taken * order; e += group.Items) b.Store(((start + (e / order)) * strideB) + (e % order), x.Load((e % order * Row) + (e / order)));
        else if (own < count)
            for (int i = 0; i < order; i++) b.Store((i * strideB) + own, x.Load((i * Row) + item));
    }

    private void Unknown(TView triangle, TView x, int item, int i, int from, int to)
    {
        TLane sum = TLane.Broadcast(x.Load((i * Row) + item));
        for (int j = from; j < to; j++)
            sum = TLane.MultiplyAdd(-TLane.Broadcast(triangle.Load((i * TWidth.Value) + j)), TLane.Broadcast(x.Load((j * Row) + item)), sum);
        if (side.Unit == 0) sum /= TLane.Broadcast(triangle.Load((i * TWidth.Value) + i));
        x.Store((i * Row) + item, TLane.First(sum));
    }
}
