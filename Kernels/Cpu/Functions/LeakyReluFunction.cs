using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>x for x &gt;= 0, slope x below. The derivative at 0 is 1.</summary>
public readonly struct LeakyReluFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _slope;
    private readonly T _logSlope;

    /// <summary>Creates the function with its parameter.</summary>
    /// <param name="slope">Slope below zero.</param>
    public LeakyReluFunction(T slope)
    {
        _slope = slope;
        _logSlope = T.Log(T.Abs(slope));
    }

    /// <inheritdoc/>
    public string Name => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"LeakyRelu({_slope})");

    /// <inheritdoc/>
    public T Value(T x) => x < T.Zero ? _slope * x : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.KeepNaN(x, x < T.Zero ? _slope : T.One);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => ScalarMath.KeepNaN(x, T.Zero);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => ScalarMath.KeepNaN(x, x < T.Zero ? _logSlope : T.Zero);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(x, TLane.Constant(0)), TLane.Broadcast(_slope) * x, x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.LessThan(x, TLane.Constant(0)), TLane.Broadcast(_slope), TLane.Constant(1)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => LaneMath.KeepNaN<TLane, T>(x, TLane.Constant(0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.LessThan(x, TLane.Constant(0)), TLane.Broadcast(_logSlope), TLane.Constant(0)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane isNegative = TLane.LessThan(x, TLane.Constant(0));
        derivative = LaneMath.KeepNaN<TLane, T>(x, TLane.Select(isNegative, TLane.Broadcast(_slope), TLane.Constant(1)));
        logDerivative = LaneMath.KeepNaN<TLane, T>(x, TLane.Select(isNegative, TLane.Broadcast(_logSlope), TLane.Constant(0)));
        return TLane.Select(isNegative, TLane.Broadcast(_slope) * x, x);
    }
}
