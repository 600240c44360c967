using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The hyperbolic tangent, relatively accurate near zero.</summary>
public readonly struct TanhFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Tanh";

    /// <inheritdoc/>
    public T Value(T x) => T.Tanh(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => (T.One - y) * (T.One + y);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(y + y) * ((T.One - y) * (T.One + y));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) =>
        ScalarMath.Number<T>(2) * (ScalarMath.Number<T>(0.69314718055994531) - T.Abs(x) - ScalarMath.Log1p(T.Exp(-ScalarMath.Number<T>(2) * T.Abs(x))));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Tanh(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => (TLane.Constant(1) - y) * (TLane.Constant(1) + y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -(y + y) * ((TLane.Constant(1) - y) * (TLane.Constant(1) + y));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x);
        TLane half = TLane.Constant(0.69314718055994531) - a - TLane.Log1pOfUnit(TLane.ExpOfMinusSize(a + a));
        return half + half;
    }

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
