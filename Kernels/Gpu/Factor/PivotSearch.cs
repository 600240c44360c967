using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The largest of candidates for a pivot.</summary>
public static class PivotSearch<T, TView, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>The largest of sizes[from], sizes[from + step], ... below <paramref name="count"/>; of equal ones that in the topmost row.</summary>
    /// <param name="sizes">Absolute values; a NaN is never the largest.</param>
    /// <param name="places">Their rows.</param>
    /// <param name="from">First.</param>
    /// <param name="count">End.</param>
    /// <param name="step">Step.</param>
    /// <param name="fallback">Row where there is none.</param>
    /// <param name="place">Its row.</param>
    public static TLane Best(TView sizes, TView places, int from, int count, int step, int fallback, out TLane place)
    {
        TLane best = TLane.Constant(-1);
        place = TLane.Constant(fallback);
        for (int s = from; s < count; s += step)
        {
            TLane size = TLane.Broadcast(sizes.Load(s)), at = TLane.Broadcast(places.Load(s));
            bool isLarger = TLane.Any(TLane.LessThan(best, size)), isAbove = TLane.Any(TLane.EqualTo(best, size)) && TLane.Any(TLane.LessThan(at, place));
            if (!isLarger && !isAbove) continue;
            best = size;
            place = at;
        }
        return best;
    }
}
