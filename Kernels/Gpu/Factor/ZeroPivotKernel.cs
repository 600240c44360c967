using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Where flag is 0: flag := 1 + the first i with a zero at (i, i) in the first matrix that has one, or 0 if there is none. One group; the earliest fault stays.</summary>
/// <param name="a">Factors [count x n x n].</param>
/// <param name="n">Order.</param>
/// <param name="count">Matrices.</param>
/// <param name="flag">One element.</param>
public readonly struct ZeroPivotKernel<T, TView, TLane>(TView a, int n, int count, TView flag) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView found = group.Shared<FactorLengths.Most>(0);
        int rows = count * n, first = rows;
        for (int i = group.Item; i < rows && first == rows; i += group.Items)
            if (TLane.Any(TLane.EqualTo(TLane.Broadcast(a.Load((i * n) + (i % n))), TLane.Constant(0)))) first = i;
        found.Store(group.Item, TLane.First(TLane.Constant(first)));
        group.Barrier();
        if (group.Item != 0 || !TLane.Any(TLane.EqualTo(TLane.Broadcast(flag.Load(0)), TLane.Constant(0)))) return;
        TLane smallest = TLane.Constant(rows);
        for (int s = 0; s < group.Items; s++) smallest = TLane.Min(smallest, TLane.Broadcast(found.Load(s)));
        if (TLane.Any(TLane.LessThan(smallest, TLane.Constant(rows)))) flag.Store(0, TLane.First(TLane.Constant(((int)TLane.FirstInDouble(smallest) % n) + 1)));
    }
}
