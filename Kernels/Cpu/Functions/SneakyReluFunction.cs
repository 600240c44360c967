using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>(x + a (sqrt(1 + x^2) - 1))/(1 + a) with a = (1 - n)/(1 + n): slope n far below zero, 1 far above, algebraic between (Finzi et al. 2019, SneakyReLU).</summary>
public readonly struct SneakyReluFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _a;
    private readonly T _scale;
    private readonly T _bend;

    /// <summary>Creates the function with its parameter.</summary>
    /// <param name="slope">n, the slope far below zero, in (0, 1].</param>
    public SneakyReluFunction(T slope)
    {
        _a = (T.One - slope) / (T.One + slope);
        // 1/(1 + a).
        _scale = (T.One + slope) / (T.One + T.One);
        _bend = _scale * _a;
    }

    /// <inheritdoc/>
    public static bool LogDerivativeIsPlain => true;

    /// <inheritdoc/>
    public string Name => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SneakyRelu({(T.One - _a) / (T.One + _a)})");

    /// <inheritdoc/>
    // sqrt(1 + x^2) - 1 = x^2/(1 + sqrt(1 + x^2)) without the difference; small factors come first, so that only the sum can be large.
    public T Value(T x) => (_scale * x) + (_scale * _a * x * (x / (T.One + Hypotenuse(x))));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => _scale * (T.One + (_a * (x / Hypotenuse(x))));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => _scale * _a / Hypotenuse(x) / Hypotenuse(x) / Hypotenuse(x);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => T.Log(T.Abs(_scale * (T.One + (_a * (x / Hypotenuse(x))))));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
        => TLane.MultiplyAdd(TLane.Broadcast(_bend) * x, x / (TLane.Constant(1) + Hypotenuse(x)), TLane.Broadcast(_scale) * x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
        => TLane.Broadcast(_scale) * TLane.MultiplyAdd(TLane.Broadcast(_a), x / Hypotenuse(x), TLane.Constant(1));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
        => TLane.Broadcast(_bend) / Hypotenuse(x) / Hypotenuse(x) / Hypotenuse(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Log(TLane.Abs(Derivative(x, y)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        derivative = Derivative(x, x);
        logDerivative = TLane.Log(TLane.Abs(derivative));
        return Value(x);
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
