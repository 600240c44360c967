using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Sums of parts, of two kinds.</summary>
/// <param name="x">First sums.</param>
/// <param name="v">Second sums.</param>
public readonly struct ColumnPartialPairTerm<T, TView, TLane>(TView x, TView v) : IColumnTerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static bool HasSecond => true;

    /// <inheritdoc/>
    public void Add(int i, ref TLane first, ref TLane second)
    {
        first += TLane.Broadcast(x.Load(i));
        second += TLane.Broadcast(v.Load(i));
    }
}
