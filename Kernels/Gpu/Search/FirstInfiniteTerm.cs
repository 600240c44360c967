using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Number of the first infinite element, infinity for none.</summary>
/// <param name="x">Read.</param>
public readonly struct FirstInfiniteTerm<T, TView, TLane>(TView x) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(double.PositiveInfinity);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => TLane.Any(TLane.EqualTo(TLane.Abs(TLane.Broadcast(x.Load(i))), TLane.Constant(double.PositiveInfinity))) ? TLane.Min(running, TLane.Constant(i)) : running;

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => TLane.Min(a, b);
}
