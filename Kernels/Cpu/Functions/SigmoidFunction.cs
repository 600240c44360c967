using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>1/(1 + exp(-x)); never overflows.</summary>
public readonly struct SigmoidFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Sigmoid";

    /// <inheritdoc/>
    public T Value(T x) => ScalarMath.Sigmoid(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => y * (T.One - y);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => y * (T.One - y) * (T.One - y - y);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) =>
        -T.Abs(x) - ScalarMath.Number<T>(2) * ScalarMath.Log1p(T.Exp(-T.Abs(x)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Sigmoid(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => y * (TLane.Constant(1) - y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => y * (TLane.Constant(1) - y) * (TLane.Constant(1) - y - y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x);
        TLane l = TLane.Log1pOfUnit(TLane.ExpOfMinusSize(x));
        return -a - (l + l);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Abs(x);
        TLane e = TLane.ExpOfMinusSize(x);
        TLane l = TLane.Log1pOfUnit(e);
        TLane y = TLane.SigmoidOf(x, e);
        logDerivative = -a - (l + l);
        derivative = y * (TLane.Constant(1) - y);
        return y;
    }
}
