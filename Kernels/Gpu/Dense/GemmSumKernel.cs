using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Adds the partial results of a product's slabs, in the order of the slabs, and finishes the sums: an item for four neighbours.</summary>
/// <param name="partial">The partial results, [slabs x products x M x width].</param>
/// <param name="c">Result.</param>
/// <param name="shape">Sizes and strides of C; <see cref="GemmShape.StrideSplit"/> from one slab's partial result to the next.</param>
/// <param name="slabs">How many.</param>
/// <param name="width">Elements from one row of a partial result to the next, a multiple of four.</param>
/// <param name="epilogue">What happens to a sum.</param>
public readonly struct GemmSumKernel<T, TView, TLane>(TView partial, TView c, GemmShape shape, int slabs, int width, GemmEpilogue<T, TView, TLane> epilogue) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int e = (group.X * group.Items) + group.Item;
        if (e >= shape.StrideSplit / 4) return;
        var sums = new GemmRow<T, TLane>(partial.Load4(4 * e));
        for (int s = 1; s < slabs; s++) sums.Add(partial.Load4((s * shape.StrideSplit) + (4 * e)));
        int quads = width / 4, column = e % quads * 4, row = e / quads % shape.M, product = e / quads / shape.M;
        epilogue.Store(c, (product * shape.StrideC) + (row * shape.RowC) + column, column, shape.N - column, sums.Value);
    }
}
