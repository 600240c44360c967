using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Products of at most four columns whose left operand has its terms side by side: eight items for a row, each with every eighth quad of terms; their sums are then added in order.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">Views.</typeparam>
/// <typeparam name="TLane">Arithmetic.</typeparam>
/// <typeparam name="TQuads">Four times the items of a group.</typeparam>
/// <param name="a">Left operand.</param>
/// <param name="lines">The rest.</param>
public readonly struct GemmDeepLinesKernel<T, TView, TLane, TQuads>(TView a, GemmLines<T, TView, TLane> lines) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TQuads : struct, ILength
{
    internal const int ItemsPerLine = 8;

    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView shared = group.Shared<TQuads>(0);
        GemmShape shape = lines.Shape;
        int item = group.Item, part = item % ItemsPerLine, line = (group.X * (group.Items / ItemsPerLine)) + (item / ItemsPerLine);
        int product = group.Z + shape.FirstProduct, from = group.Y * shape.Slab, end = from + shape.Slab;
        if (end > shape.K) end = shape.K;
        var sums = new GemmRow<T, TLane>(default);
        int at = (product * shape.StrideA) + (line * shape.RowA);
        if (line < shape.M)
            for (int l = from + (4 * part); l < end; l += 4 * ItemsPerLine)
            {
                Quad<T> x = GemmQuads<T, TView>.Load(a, at + l, end - l, shape.FoursA);
                sums.MultiplyAdd(x.X0, lines.Load(product, l));
                if (l + 1 < end) sums.MultiplyAdd(x.X1, lines.Load(product, l + 1));
                if (l + 2 < end) sums.MultiplyAdd(x.X2, lines.Load(product, l + 2));
                if (l + 3 < end) sums.MultiplyAdd(x.X3, lines.Load(product, l + 3));
            }
        shared.Store4(4 * item, sums.Value);
        group.Barrier();
        if (part != 0 || line >= shape.M) return;
        for (int p = 1; p < ItemsPerLine; p++) sums.Add(shared.Load4(4 * (item + p)));
        lines.Store(product, group.Y, line, sums.Value);
    }
}
