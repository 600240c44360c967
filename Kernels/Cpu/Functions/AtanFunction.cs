using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The arc tangent. Over a lane: 1/x above 1, the half-angle formula twice, then the power series (t &lt;= 0.199, 12 terms).</summary>
public readonly struct AtanFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Atan";

    /// <inheritdoc/>
    public T Value(T x) => T.Atan(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / (T.One + (x * x));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(x + x) / (T.One + (x * x)) / (T.One + (x * x));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => IsFar(x) ? -ScalarMath.Number<T>(2) * T.Log(T.Abs(x)) : -ScalarMath.Log1p(x * x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane one = TLane.Constant(1), a = TLane.Abs(x), isLarge = TLane.LessThan(one, a);
        TLane t = Half(Half(TLane.Select(isLarge, one / a, a)));
        TLane s = t * t, p = TLane.Constant(-1.0 / 23);
        p = TLane.MultiplyAdd(p, s, TLane.Constant(1.0 / 21));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(-1.0 / 19));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(1.0 / 17));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(-1.0 / 15));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(1.0 / 13));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(-1.0 / 11));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(1.0 / 9));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(-1.0 / 7));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(1.0 / 5));
        p = TLane.MultiplyAdd(p, s, TLane.Constant(-1.0 / 3));
        TLane angle = TLane.Constant(4) * TLane.MultiplyAdd(p * s, t, t);
        return TLane.CopySign(TLane.Select(isLarge, TLane.Constant(Math.PI / 2) - angle, angle), x);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(1) / TLane.MultiplyAdd(x, x, TLane.Constant(1));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane d = Derivative(x, y);
        return -(x + x) * d * d;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x), isFar = TLane.LessThan(TLane.Constant(1073741824), a);
        TLane far = TLane.Constant(2) * TLane.Log(TLane.Select(isFar, a, TLane.Constant(1)));
        return -TLane.Select(isFar, far, TLane.Log1p(TLane.Select(isFar, TLane.Constant(0), a * a)));
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

    // There 1 + x^2 is x^2, and the square may overflow.
    private static bool IsFar(T x) => T.Abs(x) > ScalarMath.Number<T>(1073741824);

    // tan(v/2) from t = tan(v).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Half<TLane>(TLane t) where TLane : struct, ILane<TLane, T>
        => t / (TLane.Constant(1) + TLane.Sqrt(TLane.MultiplyAdd(t, t, TLane.Constant(1))));
}
