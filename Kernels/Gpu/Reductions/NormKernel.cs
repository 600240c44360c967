using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>The sum of squares of a part of x, in double, or the sum of such sums; the last launch takes the root. As in <see cref="ReduceRowsKernel{T, TView, TLane, TTerm}"/>.</summary>
/// <param name="x">Elements, or sums in <see cref="WideCells{T, TView, TLane}"/>.</param>
/// <param name="y">Sums of parts likewise, or the norm.</param>
/// <param name="count">Elements or sums.</param>
/// <param name="part">How many of them a group takes.</param>
/// <param name="isFirst">Other than 0: x holds elements.</param>
/// <param name="isLast">Other than 0: y is the norm.</param>
public readonly struct NormKernel<T, TView, TLane>(TView x, TView y, int count, int part, int isFirst, int isLast) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        var slots = new WideCells<T, TView, TLane>(group.Shared<WideSlots>(0));
        var sums = new WideCells<T, TView, TLane>(x);
        int from = group.X * part, to = from + part;
        if (to > count) to = count;
        for (int slot = group.Item; slot < TreeSlots.Value; slot += group.Items)
        {
            double sum = 0;
            for (int i = from + slot; i < to; i += TreeSlots.Value)
            {
                if (isFirst == 0)
                {
                    sum = DeviceMath.Add(sum, sums.Load(i));
                    continue;
                }
                double value = TLane.FirstInDouble(TLane.Broadcast(x.Load(i)));
                sum = DeviceMath.MultiplyAdd(value, value, sum);
            }
            slots.Store(slot, sum);
        }
        group.Barrier();
        for (int slot = group.Item; slot < TreeSlots.Fan; slot += group.Items)
        {
            double sum = slots.Load(slot);
            for (int k = TreeSlots.Fan; k < TreeSlots.Value; k += TreeSlots.Fan) sum = DeviceMath.Add(sum, slots.Load(slot + k));
            slots.Store(slot, sum);
        }
        group.Barrier();
        if (group.Item != 0) return;
        double total = slots.Load(0);
        for (int k = 1; k < TreeSlots.Fan; k++) total = DeviceMath.Add(total, slots.Load(k));
        if (isLast != 0) y.Store(0, TLane.First(TLane.Constant(Math.Sqrt(total))));
        else new WideCells<T, TView, TLane>(y).Store(group.X, total);
    }
}
