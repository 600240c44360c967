using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Results of the parts of a reduction, joined.</summary>
/// <param name="x">The results.</param>
public readonly struct PartialTerm<T, TView, TLane, TTerm>(TView x) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
    where TTerm : struct, ITerm<TLane>
{
    /// <inheritdoc/>
    public static TLane Neutral => TTerm.Neutral;

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => TTerm.Join(running, TLane.Broadcast(x.Load(i)));

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => TTerm.Join(a, b);
}
