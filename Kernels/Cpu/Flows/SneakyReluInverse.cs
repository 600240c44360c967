using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Inverse of <see cref="SneakyReluFunction{T}"/>: the root of a quadratic. With c = (1 + a) z + a and s = sqrt(c^2 + 1 - a^2): x = (c - a s)/(1 - a^2).</summary>
/// <remarks>For c &gt; 0 the difference cancels; there x = (1 + a) z (c + a)/(c + a s), the same number without it.</remarks>
/// <param name="slope">Slope far below zero, in (0, 1].</param>
public readonly struct SneakyReluInverse<T>(T slope) : IInverseFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _a = (T.One - slope) / (T.One + slope);

    // 1 - a^2 = 4 n/(1 + n)^2.
    private readonly T _rest = ScalarMath.Number<T>(4) * slope / ((T.One + slope) * (T.One + slope));

    /// <inheritdoc/>
    public T Value(T z)
    {
        T v = (T.One + _a) * z, c = v + _a;
        T s = T.Abs(c) > ScalarMath.Number<T>(1073741824) ? T.Abs(c) : T.Sqrt((c * c) + _rest);
        return c > T.Zero ? v * ((c + _a) / (c + (_a * s))) : (c - (_a * s)) / _rest;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane z) where TLane : struct, ILane<TLane, T>
    {
        TLane a = TLane.Broadcast(_a), v = (TLane.Constant(1) + a) * z, c = v + a, size = TLane.Abs(c);
        TLane s = TLane.Select(TLane.LessThan(TLane.Constant(1073741824), size), size, TLane.Sqrt(TLane.MultiplyAdd(c, c, TLane.Broadcast(_rest))));
        TLane above = v * ((c + a) / TLane.MultiplyAdd(a, s, c));
        return TLane.Select(TLane.LessThan(TLane.Constant(0), c), above, (c - (a * s)) / TLane.Broadcast(_rest));
    }
}
