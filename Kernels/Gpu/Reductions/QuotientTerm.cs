using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>x[i] / w[i], summed.</summary>
/// <param name="x">Read.</param>
/// <param name="w">Read.</param>
public readonly struct QuotientTerm<T, TView, TLane>(TView x, TView w) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => running + (TLane.Broadcast(x.Load(i)) / TLane.Broadcast(w.Load(i)));

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
