using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Keeps what a check found, if nothing was kept before: see <see cref="FindingKernel{T}"/>. One item.</summary>
/// <param name="found">Two numbers: row and column of x where there is x.</param>
/// <param name="x">Values, or nothing.</param>
/// <param name="kept">Pass, the two numbers, the value.</param>
/// <param name="limit">Largest first number that is no finding.</param>
/// <param name="pass">Number of the pass.</param>
/// <param name="cols">Columns of x.</param>
public readonly struct KeepFindingKernel<T, TView, TLane>(TView found, TView x, TView kept, T limit, T pass, int cols) : IKernel<T, TView>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasBarriers => false;

    /// <inheritdoc/>
    public void Run<TGroup>(TGroup group) where TGroup : struct, IGroup<T, TView>
    {
        if (group.Item != 0) return;
        T row = found.Load(0), column = found.Load(1);
        TLane first = TLane.Broadcast(row), most = TLane.Broadcast(limit);
        bool passes = TLane.Any(TLane.LessThan(first, most)) || TLane.Any(TLane.EqualTo(first, most));
        if (passes || !TLane.Any(TLane.LessThan(TLane.Broadcast(kept.Load(0)), TLane.Constant(0)))) return;
        kept.Store(0, pass);
        kept.Store(1, row);
        kept.Store(2, column);
        kept.Store(3, x.Length > 0 ? x.Load(((int)TLane.FirstInDouble(first) * cols) + (int)TLane.FirstInDouble(TLane.Broadcast(column))) : TLane.First(TLane.Constant(0)));
    }
}
