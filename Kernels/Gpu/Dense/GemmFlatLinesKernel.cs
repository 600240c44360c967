using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Products of at most four columns whose left operand has its rows side by side: an item for a row.</summary>
/// <param name="a">Left operand.</param>
/// <param name="lines">The rest.</param>
public readonly struct GemmFlatLinesKernel<T, TView, TLane>(TView a, GemmLines<T, TView, TLane> lines) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        GemmShape shape = lines.Shape;
        int line = (group.X * group.Items) + group.Item, product = group.Z + shape.FirstProduct, from = group.Y * shape.Slab, end = from + shape.Slab;
        if (line >= shape.M) return;
        if (end > shape.K) end = shape.K;
        var sums = new GemmRow<T, TLane>(default);
        int at = (product * shape.StrideA) + (line * shape.RowA);
        for (int l = from; l < end; l++) sums.MultiplyAdd(a.Load(at + (l * shape.DepthA)), lines.Load(product, l));
        lines.Store(product, group.Y, line, sums.Value);
    }
}
