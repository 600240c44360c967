using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Reduces each row of terms, or parts of it: group (row, part). Slot k takes terms k, k + 256, ... of the part; then the slots are joined 16 at a time, twice.</summary>
/// <param name="term">The terms, row after row.</param>
/// <param name="outcome">Where results go.</param>
/// <param name="length">Terms in a row.</param>
/// <param name="part">Terms in a part.</param>
/// <param name="parts">Parts of a row.</param>
public readonly struct ReduceRowsKernel<T, TView, TLane, TTerm>(TTerm term, Outcome<T, TView, TLane> outcome, int length, int part, int parts) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTerm : struct, ITerm<TLane>
{
    /// <inheritdoc/>
    public static bool HasBarriers => true;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        TView slots = group.Shared<TreeSlots>(0);
        int from = group.Y * part, to = from + part;
        if (to > length) to = length;
        int row = group.X * length;
        for (int slot = group.Item; slot < TreeSlots.Value; slot += group.Items)
        {
            TLane sum = TTerm.Neutral;
            int i = row + from + slot, end = row + to;
            // Four loads under way at a time; the order stays.
            for (; i < end - (3 * TreeSlots.Value); i += 4 * TreeSlots.Value)
            {
                sum = term.Join(sum, i);
                sum = term.Join(sum, i + TreeSlots.Value);
                sum = term.Join(sum, i + (2 * TreeSlots.Value));
                sum = term.Join(sum, i + (3 * TreeSlots.Value));
            }
            for (; i < end; i += TreeSlots.Value) sum = term.Join(sum, i);
            slots.Store(slot, TLane.First(sum));
        }
        group.Barrier();
        for (int slot = group.Item; slot < TreeSlots.Fan; slot += group.Items)
        {
            TLane sum = TLane.Broadcast(slots.Load(slot));
            for (int k = TreeSlots.Fan; k < TreeSlots.Value; k += TreeSlots.Fan) sum = TTerm.Join(sum, TLane.Broadcast(slots.Load(slot + k)));
            slots.Store(slot, TLane.First(sum));
        }
        group.Barrier();
        if (group.Item != 0) return;
        TLane result = TLane.Broadcast(slots.Load(0));
        for (int k = 1; k < TreeSlots.Fan; k++) result = TTerm.Join(result, TLane.Broadcast(slots.Load(k)));
        outcome.Put((group.X * parts) + group.Y, result);
    }
}
