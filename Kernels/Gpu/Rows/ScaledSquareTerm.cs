using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>(x[i] / size of its row)^2, summed.</summary>
/// <param name="x">Read.</param>
/// <param name="size">A number a row.</param>
/// <param name="cols">Columns.</param>
public readonly struct ScaledSquareTerm<T, TView, TLane>(TView x, TView size, int cols) : ITerm<TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <inheritdoc/>
    public static TLane Neutral => TLane.Constant(0);

    /// <inheritdoc/>
    public TLane Join(TLane running, int i)
    {
        TLane part = TLane.Broadcast(x.Load(i)) / TLane.Broadcast(size.Load(i / cols));
        return TLane.MultiplyAdd(part, part, running);
    }

    /// <inheritdoc/>
    public static TLane Join(TLane a, TLane b) => a + b;
}
