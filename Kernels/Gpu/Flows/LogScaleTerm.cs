using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Logarithms of scales, summed.</summary>
/// <param name="s">Scales, or their logarithms.</param>
/// <param name="form">Form.</param>
public readonly struct LogScaleTerm<T, TView, TLane>(TView s, int form) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => running + ((form & 2) != 0 ? TLane.Log(TLane.Abs(TLane.Broadcast(s.Load(i)))) : TLane.Broadcast(s.Load(i)));

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
