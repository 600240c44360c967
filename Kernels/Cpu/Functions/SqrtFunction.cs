using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The square root.</summary>
public readonly struct SqrtFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Sqrt";

    /// <inheritdoc/>
    public T Value(T x) => T.Sqrt(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => ScalarMath.Number<T>(0.5) / y;

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -ScalarMath.Number<T>(0.25) / (x * y);

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => T.Log(ScalarMath.Number<T>(0.5) / y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Sqrt(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(0.5) / y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -TLane.Constant(0.25) / (x * y);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Log(TLane.Constant(0.5) / y);

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
