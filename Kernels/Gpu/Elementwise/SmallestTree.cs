using System.Numerics;

namespace NativeFlow.Kernels.Gpu;


/// <summary>The smallest of the items' numbers.</summary>
internal static class SmallestTree
{
    /// <summary>shared[0] = the smallest <paramref name="number"/> of all items that is not negative, or -1; all items see it. Items a power of two.</summary>
    public static void Run<T, TView, TLane, TGroup>(TGroup group, TView shared, TLane number)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TView : struct, IView<T>
        where TLane : struct, ILane<TLane, T>
        where TGroup : struct, IGroup<T, TView>
    {
        int item = group.Item;
        shared.Store(item, TLane.First(number));
        for (int half = group.Items / 2; half > 0; half /= 2)
        {
            group.Barrier();
            if (item >= half) continue;
            T a = shared.Load(item), b = shared.Load(item + half);
            if (a < T.Zero || (b >= T.Zero && b < a)) shared.Store(item, b);
        }
        group.Barrier();
    }
}
