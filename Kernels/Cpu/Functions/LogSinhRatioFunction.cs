using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>log(sinh(r)/r), r = sqrt(x): analytic at 0, taken for x at least 0 and finite there; NaN below.</summary>
public readonly struct LogSinhRatioFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "LogSinhRatio";

    /// <inheritdoc/>
    public T Value(T x) => T.CreateTruncating(RadialFunctions.LogSinhRatio(double.CreateTruncating(x)));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.CreateTruncating(RadialFunctions.LogSinhRatioDerivative(double.CreateTruncating(x)));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => T.CreateTruncating(RadialFunctions.LogSinhRatioSecond(double.CreateTruncating(x)));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => T.Log(T.Abs(Derivative(x, y)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => LaneRadial.LogSinhRatio<TLane, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => LaneRadial.LogSinhRatioDerivative<TLane, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => LaneRadial.LogSinhRatioSecond<TLane, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Log(TLane.Abs(Derivative(x, y)));

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
