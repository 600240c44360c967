using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>y := largest sqrt(sum), or the largest itself where it is 0 or not finite.</summary>
/// <param name="largest">A number a row.</param>
/// <param name="sum">(x / largest)^2 summed over the row.</param>
/// <param name="y">Written.</param>
public readonly struct RowNormKernel<T, TView, TLane>(TView largest, TView sum, TView y) : IKernel<T, TView>
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
        if (i >= y.Length) return;
        TLane size = TLane.Broadcast(largest.Load(i)), zero = TLane.Constant(0);
        // Infinity less itself is no number, nor is NaN.
        bool isOrdinary = TLane.Any(TLane.EqualTo(size - size, zero)) && !TLane.Any(TLane.EqualTo(size, zero));
        y.Store(i, TLane.First(isOrdinary ? size * TLane.Sqrt(TLane.Broadcast(sum.Load(i))) : size));
    }
}
