using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Reduces each row of terms, a row an item, term after term.</summary>
/// <param name="term">The terms, row after row.</param>
/// <param name="outcome">Where results go.</param>
/// <param name="rows">Rows.</param>
/// <param name="length">Terms in a row.</param>
public readonly struct ReduceShortRowsKernel<T, TView, TLane, TTerm>(TTerm term, Outcome<T, TView, TLane> outcome, int rows, int length) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTerm : struct, ITerm<TLane>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        int i = (group.X * group.Items) + group.Item;
        if (i >= rows) return;
        TLane sum = TTerm.Neutral;
        for (int k = i * length; k < (i + 1) * length; k++) sum = term.Join(sum, k);
        outcome.Put(i, sum);
    }
}
