using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>LU with partial pivoting of many small matrices in place, one group a matrix.</summary>
/// <param name="a">Matrices [count x n x n].</param>
/// <param name="pivots">Rows exchanged [count x n].</param>
/// <param name="n">Order.</param>
public readonly struct BatchedLuKernel<T, TView, TLane>(TView a, TView pivots, int n) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView sizes = group.Shared<FactorLengths.Most>(0), places = group.Shared<FactorLengths.Most>(1);
        int start = group.X * n * n, item = group.Item;
        for (int k = 0; k < n; k++)
        {
            TLane largest = TLane.Constant(-1);
            int place = k;
            for (int i = k + item; i < n; i += group.Items)
            {
                TLane size = TLane.Abs(TLane.Broadcast(a.Load(start + (i * n) + k)));
                if (!TLane.Any(TLane.LessThan(largest, size))) continue;
                largest = size;
                place = i;
            }
            sizes.Store(item, TLane.First(largest));
            places.Store(item, TLane.First(TLane.Constant(place)));
            group.Barrier();
            int candidates = n - k < group.Items ? n - k : group.Items;
            PivotSearch<T, TView, TLane>.Best(sizes, places, 0, candidates, 1, k, out TLane best);
            int p = (int)TLane.FirstInDouble(best);
            if (item == 0) pivots.Store((group.X * n) + k, TLane.First(best));
            if (p != k)
                for (int j = item; j < n; j += group.Items)
                {
                    T upper = a.Load(start + (k * n) + j);
                    a.Store(start + (k * n) + j, a.Load(start + (p * n) + j));
                    a.Store(start + (p * n) + j, upper);
                }
            group.Barrier();
            TLane pivot = TLane.Broadcast(a.Load(start + (k * n) + k));
            bool isZero = TLane.Any(TLane.EqualTo(pivot, TLane.Constant(0)));
            for (int i = k + 1 + item; i < n && !isZero; i += group.Items)
                a.Store(start + (i * n) + k, TLane.First(TLane.Broadcast(a.Load(start + (i * n) + k)) / pivot));
            group.Barrier();
            int side = isZero ? 0 : n - k - 1;
            for (int e = item; e < side * side; e += group.Items)
            {
                int i = k + 1 + (e / side), j = k + 1 + (e % side), at = start + (i * n) + j;
                TLane factor = TLane.Broadcast(a.Load(start + (i * n) + k)), row = TLane.Broadcast(a.Load(start + (k * n) + j));
                a.Store(at, TLane.First(TLane.MultiplyAdd(-factor, row, TLane.Broadcast(a.Load(at)))));
            }
            group.Barrier();
        }
    }
}
