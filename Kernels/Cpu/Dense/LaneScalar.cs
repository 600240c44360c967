using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Single numbers, where the runtime has no vector hardware.</summary>
internal readonly unsafe struct LaneScalar<T> : IGemmLane<T, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public static int Count => 1;

    public static int MaxRows => 4;

    public static int TransposeColumns => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(T* source) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, T value) => *target = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Mask(int columns) => T.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadPart(T* source, T mask) => *source;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(T* target, T mask, T value) => *target = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Broadcast(T value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T MultiplyAdd(T left, T right, T add) => left * right + add;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint stride, T* target, nint step) => *target = *source;
}
