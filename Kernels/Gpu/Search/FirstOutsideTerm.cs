using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Column of the first element outside an interval, infinity for none.</summary>
/// <param name="x">Read.</param>
/// <param name="low">Lower end.</param>
/// <param name="high">Upper end.</param>
/// <param name="cols">Columns.</param>
/// <param name="closed">Other than 0: the ends are inside.</param>
public readonly struct FirstOutsideTerm<T, TView, TLane>(TView x, T low, T high, int cols, int closed) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(double.PositiveInfinity);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane value = TLane.Broadcast(x.Load(i)), bottom = TLane.Broadcast(low), top = TLane.Broadcast(high);
        // Whatever compares with nothing, NaN, is outside.
        bool isInside = TLane.Any(TLane.LessThan(bottom, value)) && TLane.Any(TLane.LessThan(value, top));
        if (closed != 0) isInside |= TLane.Any(TLane.EqualTo(value, bottom)) || TLane.Any(TLane.EqualTo(value, top));
        return isInside ? running : TLane.Min(running, TLane.Constant(i % cols));
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => TLane.Min(a, b);
}
