using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>log(1/(1 + exp(-x))) = -softplus(-x).</summary>
public readonly struct LogSigmoidFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "LogSigmoid";

    /// <inheritdoc/>
    public T Value(T x) => -ScalarMath.Softplus(-x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.Sigmoid(-x);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(ScalarMath.Sigmoid(x) * ScalarMath.Sigmoid(-x));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => -ScalarMath.Softplus(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => -LaneMath.Softplus<TLane, T>(-x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Sigmoid(-x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane e = TLane.ExpOfMinusSize(x);
        TLane s = TLane.Quotient(TLane.Constant(1), TLane.Constant(1) + e);
        return -(e * s * s);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -LaneMath.Softplus<TLane, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane e = TLane.ExpOfMinusSize(x);
        TLane l = TLane.Log1pOfUnit(e);
        derivative = TLane.SigmoidOf(-x, e);
        logDerivative = -(TLane.Max(TLane.Constant(0), x) + l);
        return TLane.Min(TLane.Constant(0), x) - l;
    }
}
