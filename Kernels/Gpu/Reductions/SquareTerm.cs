using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>x[i]^2, summed.</summary>
/// <param name="x">Read.</param>
public readonly struct SquareTerm<T, TView, TLane>(TView x) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane value = TLane.Broadcast(x.Load(i));
        return TLane.MultiplyAdd(value, value, running);
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
