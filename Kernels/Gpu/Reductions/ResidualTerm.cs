using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>e[i] -= x[i], the squares summed.</summary>
/// <param name="x">Read.</param>
/// <param name="e">Changed.</param>
public readonly struct ResidualTerm<T, TView, TLane>(TView x, TView e) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane difference = TLane.Broadcast(e.Load(i)) - TLane.Broadcast(x.Load(i));
        e.Store(i, TLane.First(difference));
        return TLane.MultiplyAdd(difference, difference, running);
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
