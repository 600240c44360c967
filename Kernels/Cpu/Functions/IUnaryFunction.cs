using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>A function of one number with its derivatives: once naively (the meaning), once over a lane (the speed).</summary>
/// <remarks>Implementations are structs used as type arguments, so that the call disappears. y is always the value at x, handed in to be reused.</remarks>
public interface IUnaryFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>The name with its parameters, for printing.</summary>
    string Name { get; }

    /// <summary>True where log|f'| is just the logarithm of f', so that a sum of them may be taken as the logarithm of a product.</summary>
    static virtual bool LogDerivativeIsPlain => false;

    /// <summary>f(x).</summary>
    T Value(T x);

    /// <summary>f'(x), given y = f(x).</summary>
    T Derivative(T x, T y);

    /// <summary>f''(x), given y = f(x).</summary>
    T SecondDerivative(T x, T y);

    /// <summary>log|f'(x)|, given y = f(x); accurate where f' itself saturates.</summary>
    T LogDerivative(T x, T y);

    /// <summary>f over a lane.</summary>
    TLane Value<TLane>(TLane x) where TLane : struct, ILane<TLane, T>;

    /// <summary>f' over a lane.</summary>
    TLane Derivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>;

    /// <summary>f'' over a lane.</summary>
    TLane SecondDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>;

    /// <summary>log|f'| over a lane.</summary>
    TLane LogDerivative<TLane>(TLane x, TLane y) where TLane : struct, ILane<TLane, T>;

    /// <summary>f, f' and log|f'| together, sharing what they can (one exp instead of three).</summary>
    TLane ValueAndLogDerivative<TLane>(TLane x, out TLane derivative, out TLane logDerivative) where TLane : struct, ILane<TLane, T>;
}
