using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>v[i] exp(x[i] - shift of its row), summed.</summary>
/// <param name="x">Read.</param>
/// <param name="shift">A number a row.</param>
/// <param name="v">Weights.</param>
/// <param name="cols">Columns.</param>
public readonly struct WeightedExpTerm<T, TView, TLane>(TView x, TView shift, TView v, int cols) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i) => TLane.MultiplyAdd(TLane.Broadcast(v.Load(i)), TLane.Exp(TLane.Broadcast(x.Load(i)) - TLane.Broadcast(shift.Load(i / cols))), running);

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
