using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>512-bit vectors.</summary>
internal readonly unsafe struct Lane512<T> : IGemmLane<T, Vector512<T>>
    where T : unmanaged
{
    public static int Count => Vector512<T>.Count;

    public static int MaxRows => 14;

    public static int TransposeColumns => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector512<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Mask(int columns) =>
        typeof(T) == typeof(float)
            ? Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(columns)).As<int, T>()
            : Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)columns)).As<long, T>();

    /// <remarks>The masked forms of 512 bits came with .NET 10; before, two halves.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadPart(T* source, Vector512<T> mask)
    {
#if NET10_0_OR_GREATER
        if (Avx512F.IsSupported && typeof(T) == typeof(float))
            return Avx512F.MaskLoad((float*)source, mask.AsSingle(), Vector512<float>.Zero).As<float, T>();
        if (Avx512F.IsSupported && typeof(T) == typeof(double))
            return Avx512F.MaskLoad((double*)source, mask.AsDouble(), Vector512<double>.Zero).As<double, T>();
#endif
        return Vector512.Create(Lane256<T>.LoadPart(source, mask.GetLower()), Lane256<T>.LoadPart(source + Lane256<T>.Count, mask.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(T* target, Vector512<T> mask, Vector512<T> value)
    {
#if NET10_0_OR_GREATER
        if (Avx512F.IsSupported && typeof(T) == typeof(float))
        {
            Avx512F.MaskStore((float*)target, mask.AsSingle(), value.AsSingle());
            return;
        }
        if (Avx512F.IsSupported && typeof(T) == typeof(double))
        {
            Avx512F.MaskStore((double*)target, mask.AsDouble(), value.AsDouble());
            return;
        }
#endif
        Lane256<T>.StorePart(target, mask.GetLower(), value.GetLower());
        Lane256<T>.StorePart(target + Lane256<T>.Count, mask.GetUpper(), value.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> left, Vector512<T> right, Vector512<T> add) =>
        typeof(T) == typeof(float)
            ? Vector512.MultiplyAddEstimate(left.AsSingle(), right.AsSingle(), add.AsSingle()).As<float, T>()
            : Vector512.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), add.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint stride, T* target, nint step)
    {
        if (!Avx512F.IsSupported)
        {
            // No known machine has wide vectors without these shuffles; two halves keep it right anyway.
            Lane256<T>.Transpose(source, stride, target, step);
            Lane256<T>.Transpose(source + Lane256<T>.Count * stride, stride, target + Lane256<T>.Count, step);
        }
        else if (typeof(T) == typeof(float))
        {
            // Quarter q of a vector holds rows 4q..4q+3 of one column group, so that only in-quarter shuffles are needed.
            Vector512<float> v0 = Gather((float*)source, 4 * stride);
            Vector512<float> v1 = Gather((float*)source + stride, 4 * stride);
            Vector512<float> v2 = Gather((float*)source + 2 * stride, 4 * stride);
            Vector512<float> v3 = Gather((float*)source + 3 * stride, 4 * stride);
            Vector512<double> t0 = Avx512F.UnpackLow(v0, v1).AsDouble();
            Vector512<double> t1 = Avx512F.UnpackHigh(v0, v1).AsDouble();
            Vector512<double> t2 = Avx512F.UnpackLow(v2, v3).AsDouble();
            Vector512<double> t3 = Avx512F.UnpackHigh(v2, v3).AsDouble();
            Avx512F.UnpackLow(t0, t2).AsSingle().Store((float*)target);
            Avx512F.UnpackHigh(t0, t2).AsSingle().Store((float*)target + step);
            Avx512F.UnpackLow(t1, t3).AsSingle().Store((float*)target + 2 * step);
            Avx512F.UnpackHigh(t1, t3).AsSingle().Store((float*)target + 3 * step);
        }
        else
        {
            Vector512<double> v0 = Gather((float*)source, 4 * stride).AsDouble();
            Vector512<double> v1 = Gather((float*)((double*)source + stride), 4 * stride).AsDouble();
            Avx512F.UnpackLow(v0, v1).Store((double*)target);
            Avx512F.UnpackHigh(v0, v1).Store((double*)target + step);
        }
    }

    /// <summary>Four quarters, each from its own row: inserts from memory need no shuffle unit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gather(float* source, nint stride)
    {
        Vector512<float> quarters = Vector128.Load(source).ToVector256Unsafe().ToVector512Unsafe();
        quarters = Avx512F.InsertVector128(quarters, Vector128.Load(source + stride), 1);
        quarters = Avx512F.InsertVector128(quarters, Vector128.Load(source + 2 * stride), 2);
        return Avx512F.InsertVector128(quarters, Vector128.Load(source + 3 * stride), 3);
    }
}
