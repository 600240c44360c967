using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>|x[i]|, the largest; NaN if there is one.</summary>
/// <param name="x">Read.</param>
public readonly struct LargestTerm<T, TView, TLane>(TView x) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => Join(running, TLane.Abs(TLane.Broadcast(x.Load(i))));

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => TLane.Select(TLane.EqualTo(a, a), TLane.Max(a, b), a);
}
