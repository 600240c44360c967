using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>v[i] x[i] / norm of its row, summed; nothing where the norm is 0.</summary>
/// <param name="x">Read.</param>
/// <param name="norm">A number a row.</param>
/// <param name="v">Read.</param>
/// <param name="cols">Columns.</param>
public readonly struct TangentOfNormTerm<T, TView, TLane>(TView x, TView norm, TView v, int cols) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane size = TLane.Broadcast(norm.Load(i / cols)), sum = running + (TLane.Broadcast(v.Load(i)) * (TLane.Broadcast(x.Load(i)) / size));
        return TLane.Select(TLane.EqualTo(size, TLane.Constant(0)), running, sum);
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
