using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>tanh(x) + k x with k &gt; 0: a tanh that never saturates, slope between k and 1 + k (Gresele et al. 2020, Relative gradient optimization).</summary>
/// <param name="k">Slope of the linear part, positive.</param>
public readonly struct SmoothTanhFunction<T>(T k) : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public static bool LogDerivativeIsPlain => true;

    /// <inheritdoc/>
    public string Name => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SmoothTanh({k})");

    /// <inheritdoc/>
    public T Value(T x) => T.Tanh(x) + (k * x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => k + Slope(x);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(T.Tanh(x) + T.Tanh(x)) * Slope(x);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => T.Log(T.Abs(k + Slope(x)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.MultiplyAdd(TLane.Broadcast(k), x, default(TanhFunction<T>).Value(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Broadcast(k) + Slope(default(TanhFunction<T>).Value(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane t = default(TanhFunction<T>).Value(x);
        return -(t + t) * Slope(t);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Log(TLane.Abs(Derivative(x, y)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane t = default(TanhFunction<T>).Value(x);
        derivative = TLane.Broadcast(k) + Slope(t);
        logDerivative = TLane.Log(TLane.Abs(derivative));
        return TLane.MultiplyAdd(TLane.Broadcast(k), x, t);
    }

    private static T Slope(T x) => (T.One - T.Tanh(x)) * (T.One + T.Tanh(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Slope<TLane>(TLane t) where TLane : struct, ILane<TLane, T> => (TLane.Constant(1) - t) * (TLane.Constant(1) + t);
}
