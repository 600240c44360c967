using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Sums each column of terms, a column an item, row after row.</summary>
/// <param name="term">The terms, row after row.</param>
/// <param name="first">Where first sums go.</param>
/// <param name="second">Where second sums go.</param>
/// <param name="rows">Rows.</param>
/// <param name="cols">Columns.</param>
public readonly struct ReduceShortColumnsKernel<T, TView, TLane, TTerm>(TTerm term, Outcome<T, TView, TLane> first, Outcome<T, TView, TLane> second, int rows, int cols) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTerm : struct, IColumnTerm<TLane>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= cols) return;
        TLane sum = TLane.Constant(0), other = TLane.Constant(0);
        for (int r = 0; r < rows; r++) term.Add((r * cols) + i, ref sum, ref other);
        first.Put(i, sum);
        if (TTerm.HasSecond) second.Put(i, other);
    }
}
