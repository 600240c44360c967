using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The inverse hyperbolic sine.</summary>
public readonly struct AsinhFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Asinh";

    /// <inheritdoc/>
    public T Value(T x) => T.Asinh(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / Hypotenuse(x);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(x / Hypotenuse(x)) / Hypotenuse(x) / Hypotenuse(x);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => -T.Log(Hypotenuse(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x);
        TLane isHuge = TLane.LessThan(TLane.Constant(1073741824), a);
        TLane small = a + TLane.Quotient(a * a, TLane.Constant(1) + Hypotenuse(x));
        // asinh(x) = log(2x) once x^2 + 1 is x^2; log1p(x - 1) is log(x).
        TLane log = TLane.Log1p(TLane.Select(isHuge, a - TLane.Constant(1), small)) + TLane.Select(isHuge, TLane.Constant(0.69314718055994531), TLane.Constant(0));
        return TLane.CopySign(log, x);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(1) / Hypotenuse(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -(x / Hypotenuse(x)) / Hypotenuse(x) / Hypotenuse(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -TLane.Log(Hypotenuse(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane y = Value(x);
        derivative = Derivative(x, y);
        logDerivative = LogDerivative(x, y);
        return y;
    }

    // sqrt(1 + x^2); |x| itself once the one is below its last bit, so that the square cannot overflow.
    private static T Hypotenuse(T x) => T.Abs(x) > ScalarMath.Number<T>(1073741824) ? T.Abs(x) : T.Sqrt((x * x) + T.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Hypotenuse<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x);
        return TLane.Select(TLane.LessThan(TLane.Constant(1073741824), a), a, TLane.Sqrt(TLane.MultiplyAdd(a, a, TLane.Constant(1))));
    }
}
