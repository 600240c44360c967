using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Number of the first element that equals the wanted one, or is NaN where that is; infinity for none.</summary>
/// <param name="x">Read.</param>
/// <param name="wanted">One number.</param>
public readonly struct FirstEqualTerm<T, TView, TLane>(TView x, TView wanted) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(double.PositiveInfinity);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane value = TLane.Broadcast(x.Load(i)), other = TLane.Broadcast(wanted.Load(0));
        bool isEqual = TLane.Any(TLane.EqualTo(value, other)) || !(TLane.Any(TLane.EqualTo(value, value)) || TLane.Any(TLane.EqualTo(other, other)));
        return isEqual ? TLane.Min(running, TLane.Constant(i)) : running;
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => TLane.Min(a, b);
}
