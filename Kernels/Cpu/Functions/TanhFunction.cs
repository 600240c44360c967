using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>The hyperbolic tangent, relatively accurate near zero. Over a lane: t/(t + 2), t = expm1(2|x|), in double; polynomials in float.</summary>
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
        if (typeof(T) == typeof(float)) return Single<TLane>(x);
        // Saturated beyond these bounds; a NaN passes (second operand).
        TLane t = LaneExp.Expm1<TLane, T>(TLane.Min(TLane.Constant(40), TLane.Abs(x) + TLane.Abs(x)));
        return TLane.CopySign(LaneMath.Quotient<TLane, T>(t, t + TLane.Constant(2)), x);
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
        TLane half = TLane.Constant(0.69314718055994531) - a - LaneLog.Log1pOfUnit<TLane, T>(LaneExp.ExpOfMinusSize<TLane, T>(a + a));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Single<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        if (Vector512.IsHardwareAccelerated) return TLane.Narrow(WidePieces.Tanh(TLane.Widen(x).AsSingle()).As<float, T>());
        // A polynomial below 9/16; 1 - 2/(exp(2|x|) + 1) above, where the subtraction takes little away.
        TLane a = TLane.Min(TLane.Constant(10), TLane.Abs(x)), z = a * a, one = TLane.Constant(1);
        TLane p = TLane.MultiplyAdd(z, TLane.Constant(-0.0061731281622622086), TLane.Constant(0.02100234478712082));
        p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.05383608490228653));
        p = TLane.MultiplyAdd(p, z, TLane.Constant(0.13332438468933105));
        p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.3333331346511841));
        TLane small = TLane.MultiplyAdd(a * z, p, a);
        TLane large = one - (TLane.Constant(2) / (LaneExp.Exp<TLane, T>(a + a) + one));
        return TLane.CopySign(TLane.Select(TLane.LessThan(a, TLane.Constant(0.5625)), small, large), x);
    }
}
