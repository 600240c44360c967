using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The inverse of a function of one number: once naively (the meaning), once over a lane (the speed).</summary>
public interface IInverseFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>x with f(x) = z.</summary>
    T Value(T z);

    /// <summary>x with f(x) = z, over a lane.</summary>
    TLane Value<TLane>(TLane z) where TLane : struct, ILane<TLane, T>;
}
