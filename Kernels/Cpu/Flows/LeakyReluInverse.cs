using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Inverse of <see cref="LeakyReluFunction{T}"/>: z for z &gt;= 0, z / slope below.</summary>
/// <param name="slope">Slope below zero, positive.</param>
public readonly struct LeakyReluInverse<T>(T slope) : IInverseFunction<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public T Value(T z) => z < T.Zero ? z / slope : z;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Value<TLane>(TLane z) where TLane : struct, ILane<TLane, T> =>
        TLane.Select(TLane.LessThan(z, TLane.Constant(0)), z / TLane.Broadcast(slope), z);
}
