using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>Masks of part of a vector.</summary>
internal static unsafe class LaneMask<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    // Constants of the image: they have a fixed address.
    private static ReadOnlySpan<float> Floats => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    private static ReadOnlySpan<double> Doubles => [0, 1, 2, 3, 4, 5, 6, 7];

    /// <summary>Set in elements from..to-1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Between(nint from, nint to)
    {
        TLane numbers = Numbers(), clear = TLane.Broadcast(T.Zero);
        return TLane.Select(TLane.LessThan(numbers, Number(from)), clear, TLane.LessThan(numbers, Number(to)));
    }

    /// <summary>Set in element <paramref name="from"/> and beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane From(nint from) => TLane.LessThan(Number(from - 1), Numbers());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Number(nint value) => TLane.Broadcast(typeof(T) == typeof(float) ? (T)(object)(float)(int)value : typeof(T) == typeof(double) ? (T)(object)(double)(int)value : T.CreateTruncating((int)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Numbers()
    {
        if (typeof(T) == typeof(float)) return TLane.Load((T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Floats)));
        if (typeof(T) == typeof(double)) return TLane.Load((T*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Doubles)));
        T* numbers = stackalloc T[TLane.Width];
        for (int i = 0; i < TLane.Width; i++) numbers[i] = T.CreateTruncating(i);
        return TLane.Load(numbers);
    }
}
