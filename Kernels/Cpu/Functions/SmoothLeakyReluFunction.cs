using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>alpha x + (1 - alpha) softplus(x): slope alpha far below zero, 1 far above, smooth between (Keller et al. 2021, Self Normalizing Flows).</summary>
public readonly struct SmoothLeakyReluFunction<T> : IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _alpha;
    private readonly T _rest;

    /// <summary>Creates the function with its parameter.</summary>
    /// <param name="alpha">Slope far below zero, usually in (0, 1).</param>
    public SmoothLeakyReluFunction(T alpha)
    {
        _alpha = alpha;
        _rest = T.One - alpha;
    }

    /// <inheritdoc/>
    public static bool LogDerivativeIsPlain => true;

    /// <inheritdoc/>
    public string Name => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"SmoothLeakyRelu({_alpha})");

    /// <inheritdoc/>
    public T Value(T x) => (_alpha * x) + ((T.One - _alpha) * ScalarMath.Softplus(x));

    /// <inheritdoc/>
    public T Derivative(T x, T y) => _alpha + ((T.One - _alpha) * ScalarMath.Sigmoid(x));

    /// <inheritdoc/>
    public T SecondDerivative(T x, T y) => (T.One - _alpha) * (ScalarMath.Sigmoid(x) * ScalarMath.Sigmoid(-x));

    /// <inheritdoc/>
    public T LogDerivative(T x, T y) => T.Log(T.Abs(_alpha + ((T.One - _alpha) * ScalarMath.Sigmoid(x))));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T> =>
        TLane.MultiplyAdd(TLane.Broadcast(_alpha), x, TLane.Broadcast(_rest) * LaneMath.Softplus<TLane, T>(x));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> =>
        TLane.MultiplyAdd(TLane.Broadcast(_rest), TLane.Sigmoid(x), TLane.Broadcast(_alpha));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>
    {
        TLane e = TLane.ExpOfMinusSize(x);
        TLane s = TLane.Quotient(TLane.Constant(1), TLane.Constant(1) + e);
        return TLane.Broadcast(_rest) * (e * s * s);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T> => TLane.Log(TLane.Abs(Derivative(x, y)));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>
    {
        TLane e = TLane.ExpOfMinusSize(x);
        TLane y = TLane.MultiplyAdd(TLane.Broadcast(_alpha), x, TLane.Broadcast(_rest) * LaneMath.SoftplusOf<TLane, T>(x, e));
        derivative = TLane.MultiplyAdd(TLane.Broadcast(_rest), TLane.SigmoidOf(x, e), TLane.Broadcast(_alpha));
        logDerivative = TLane.Log(TLane.Abs(derivative));
        return y;
    }
}
