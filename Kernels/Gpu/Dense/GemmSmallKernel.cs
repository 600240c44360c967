using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Little products, many at a time: an item for each element of the results, which sums all its terms.</summary>
/// <param name="a">Left operand.</param>
/// <param name="b">Right operand.</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides.</param>
/// <param name="products">Products of the batch.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct GemmSmallKernel<T, TView, TLane>(TView a, TView b, TView c, GemmShape shape, int products, GemmEpilogue<T, TView, TLane> epilogue) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int e = (group.X * group.Items) + group.Item, area = shape.M * shape.N, product = e / area;
        if (product >= products) return;
        int row = e % area / shape.N, column = e % area % shape.N;
        int atA = (product * shape.StrideA) + (row * shape.RowA), atB = (product * shape.StrideB) + (column * shape.ColumnB);
        TLane sum = TLane.Broadcast(T.Zero);
        for (int l = 0; l < shape.K; l++)
            sum = TLane.MultiplyAdd(TLane.Broadcast(a.Load(atA + (l * shape.DepthA))), TLane.Broadcast(b.Load(atB + (l * shape.DepthB))), sum);
        epilogue.Store(c, (product * shape.StrideC) + (row * shape.RowC) + column, column, sum);
    }
}
