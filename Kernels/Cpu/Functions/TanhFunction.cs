using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The hyperbolic tangent, relatively accurate near zero. Over a lane: t/(t + 2), t = expm1(2|x|).</summary>
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
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        // Saturated beyond these bounds; a NaN passes (second operand).
        TLane t = LaneExp.Expm1<TLane, T>(TLane.Min(TLane.Constant(typeof(T) == typeof(float) ? 20 : 40), TLane.Abs(x) + TLane.Abs(x)));
        return TLane.CopySign(t / (t + TLane.Constant(2)), x);
    }

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
        TLane half = TLane.Constant(0.69314718055994531) - a - LaneMath.KeepNaN<TLane, T>(a, LaneLog.Log1pOfUnit<TLane, T>(LaneExp.Exp<TLane, T>(-(a + a))));
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
