using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The inverse of the error function: infinite at -1 and 1, NaN outside.</summary>
public readonly struct ErfInverseFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "ErfInverse";

    /// <inheritdoc/>
    public T Value(T x) => SpecialFunctions.Erfinv(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.Number<T>(0.88622692545275801) * T.Exp(y * y);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => (y + y) * (ScalarMath.Number<T>(0.88622692545275801) * T.Exp(y * y)) * (ScalarMath.Number<T>(0.88622692545275801) * T.Exp(y * y));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => (y * y) - ScalarMath.Number<T>(0.12078223763524522);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.ErfInverse(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(0.88622692545275801) * TLane.Exp(y * y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane slope = Derivative(x, y);
        return (y + y) * slope * slope;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => (y * y) - TLane.Constant(0.12078223763524522);

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
