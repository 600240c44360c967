using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>For every place the first source that goes there, and for every source the next one that goes to the same place; -1 for none. First -2 at place 0 if an index is none.</summary>
/// <param name="index">Whole numbers.</param>
/// <param name="first">A number a place.</param>
/// <param name="next">A number a source.</param>
public readonly struct ChainKernel<T, TView, TLane>(IndexList<T, TView, TLane> index, TView first, TView next) : IKernel<T, TView>
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
        if (i >= first.Length + next.Length) return;
        int source = i - first.Length, k = source < 0 ? i : index.At(source), found = -1;
        bool isWrong = false;
        for (int j = source < 0 ? 0 : source + 1; j < next.Length && (found < 0 || i == 0); j++)
        {
            int at = index.At(j);
            if (at == k && found < 0) found = j;
            isWrong |= at < 0;
        }
        if (i == 0 && isWrong) found = -2;
        if (source < 0) first.Store(i, TLane.First(TLane.Constant(found)));
        else next.Store(source, TLane.First(TLane.Constant(found)));
    }
}
