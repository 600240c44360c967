using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The natural logarithm.</summary>
public readonly struct LogFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Name => "Log";

    /// <inheritdoc/>
    public T Value(T x) => T.Log(x);

    /// <inheritdoc/>
    public T Derivative(T x, T y) => T.One / x;

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => -(T.One / x) / x;

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => -y;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> => TLane.Log(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Constant(1) / x;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -(TLane.Constant(1) / x) / x;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => -y;

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
