using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x.</summary>
public readonly struct ErfFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Erf";

    /// <inheritdoc/>
    public T Value(T x) => SpecialFunctions.Erf(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.Number<T>(1.1283791670955126) * T.Exp(-x * x);

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(x + x) * (ScalarMath.Number<T>(1.1283791670955126) * T.Exp(-x * x));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => ScalarMath.Number<T>(0.12078223763524522) - (x * x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Erf(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(1.1283791670955126) * TLane.Exp(-(x * x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -(x + x) * Derivative(x, y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(0.12078223763524522) - (x * x);

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
