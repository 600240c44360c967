using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>|x|. At 0 the derivative is 0 and log|f'| -infinity.</summary>
public readonly struct AbsFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Abs";

    /// <inheritdoc/>
    public T Value(T x) => T.Abs(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.KeepNaN(x, x == T.Zero ? T.Zero : T.CopySign(T.One, x));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => ScalarMath.KeepNaN(x, T.Zero);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => ScalarMath.KeepNaN(x, x == T.Zero ? T.NegativeInfinity : T.Zero);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Abs(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.EqualTo(x, TLane.Constant(0)), TLane.Constant(0), TLane.CopySign(TLane.Constant(1), x)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => LaneMath.KeepNaN<TLane, T>(x, TLane.Constant(0));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        LaneMath.KeepNaN<TLane, T>(x, TLane.Select(TLane.EqualTo(x, TLane.Constant(0)), TLane.Constant(double.NegativeInfinity), TLane.Constant(0)));

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
