using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>max(x, 0). At 0 the derivative is 0; where f' = 0, log|f'| is -infinity.</summary>
public readonly struct ReluFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Relu";

    /// <inheritdoc/>
    public T Value(T x) => x < T.Zero ? T.Zero : x;

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.KeepNaN(x, x > T.Zero ? T.One : T.Zero);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => ScalarMath.KeepNaN(x, T.Zero);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => ScalarMath.KeepNaN(x, x > T.Zero ? T.Zero : T.NegativeInfinity);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Max(TLane.Constant(0), x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.LessThan(TLane.Constant(0), x), TLane.Constant(1), TLane.Constant(0)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => LaneMath.KeepNaN<TLane, T>(x, TLane.Constant(0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.LessThan(TLane.Constant(0), x), TLane.Constant(0), TLane.Constant(double.NegativeInfinity)));

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
