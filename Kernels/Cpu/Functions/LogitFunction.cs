using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>log(x/(1 - x)) on (0, 1), unclipped: infinite at the ends, NaN outside; relatively accurate near 1/2.</summary>
public readonly struct LogitFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Logit";

    /// <inheritdoc/>
    public T Value(T x) =>
        T.Abs(x - ScalarMath.Number<T>(0.5)) < ScalarMath.Number<T>(0.25) ? ScalarMath.Log1p((x + x - T.One) / (T.One - x)) : T.Log(x / (T.One - x));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / (x * (T.One - x));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => (x + x - T.One) / (x * (T.One - x)) / (x * (T.One - x));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => -T.Log(x * (T.One - x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane rest = TLane.Constant(1) - x;
        return LaneLog.LogNearOne<TLane, T>(x / rest, (x + x - TLane.Constant(1)) / rest, TLane.Constant(0));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(1) / (x * (TLane.Constant(1) - x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        (x + x - TLane.Constant(1)) / (x * (TLane.Constant(1) - x)) / (x * (TLane.Constant(1) - x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -TLane.Log(x * (TLane.Constant(1) - x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane y = Value(x);
        derivative = Derivative(x, y);
        logDerivative = LogDerivative(x, y);
        return y;
    }
}
