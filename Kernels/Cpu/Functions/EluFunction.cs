using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>x for x &gt; 0, alpha (exp(x) - 1) below (Clevert et al. 2016).</summary>
public readonly struct EluFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _alpha;
    private readonly T _logAlpha;

    /// <summary>Creates the function with its parameter.</summary>
    /// <param name="alpha">Minus the value far below zero; 1 makes the function smooth.</param>
    public EluFunction(T alpha)
    {
        _alpha = alpha;
        _logAlpha = T.Log(T.Abs(alpha));
    }

    /// <inheritdoc/>
    public string Name => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Elu({_alpha})");

    /// <inheritdoc/>
    public T Value(T x) => x > T.Zero ? x : _alpha * ScalarMath.Expm1(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => x > T.Zero ? T.One : y + _alpha;

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => x > T.Zero ? T.Zero : y + _alpha;

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => x > T.Zero ? T.Zero : x + _logAlpha;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(TLane.Constant(0), x), x, TLane.Broadcast(_alpha) * TLane.Expm1(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(TLane.Constant(0), x), TLane.Constant(1), y + TLane.Broadcast(_alpha));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(TLane.Constant(0), x), TLane.Constant(0), y + TLane.Broadcast(_alpha));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(TLane.Constant(0), x), TLane.Constant(0), x + TLane.Broadcast(_logAlpha));

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
