using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>256-bit vectors.</summary>
internal readonly unsafe struct Lane256<T> : IGemmLane<T, Vector256<T>>
    where T : unmanaged
{
    public static int Count => Vector256<T>.Count;

    public static int MaxRows => 6;

    public static int TransposeColumns => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector256<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mask(int columns) =>
        typeof(T) == typeof(float)
            ? Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(columns)).As<int, T>()
            : Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)columns)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadPart(T* source, Vector256<T> mask)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float)) return Avx.MaskLoad((float*)source, mask.AsSingle()).As<float, T>();
        if (Avx.IsSupported && typeof(T) == typeof(double)) return Avx.MaskLoad((double*)source, mask.AsDouble()).As<double, T>();
        return Vector256.Create(Lane128<T>.LoadPart(source, mask.GetLower()), Lane128<T>.LoadPart(source + Lane128<T>.Count, mask.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(T* target, Vector256<T> mask, Vector256<T> value)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float)) Avx.MaskStore((float*)target, mask.AsSingle(), value.AsSingle());
        else if (Avx.IsSupported && typeof(T) == typeof(double)) Avx.MaskStore((double*)target, mask.AsDouble(), value.AsDouble());
        else
        {
            Lane128<T>.StorePart(target, mask.GetLower(), value.GetLower());
            Lane128<T>.StorePart(target + Lane128<T>.Count, mask.GetUpper(), value.GetUpper());
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> left, Vector256<T> right, Vector256<T> add) =>
        typeof(T) == typeof(float)
            ? Vector256.MultiplyAddEstimate(left.AsSingle(), right.AsSingle(), add.AsSingle()).As<float, T>()
            : Vector256.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), add.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint stride, T* target, nint step)
    {
        if (!Avx.IsSupported)
        {
            Lane128<T>.Transpose(source, stride, target, step);
            Lane128<T>.Transpose(source + Lane128<T>.Count * stride, stride, target + Lane128<T>.Count, step);
        }
        else if (typeof(T) == typeof(float))
        {
            Vector256<float> v0 = Gather((float*)source, 4 * stride);
            Vector256<float> v1 = Gather((float*)source + stride, 4 * stride);
            Vector256<float> v2 = Gather((float*)source + 2 * stride, 4 * stride);
            Vector256<float> v3 = Gather((float*)source + 3 * stride, 4 * stride);
            Vector256<double> t0 = Avx.UnpackLow(v0, v1).AsDouble();
            Vector256<double> t1 = Avx.UnpackHigh(v0, v1).AsDouble();
            Vector256<double> t2 = Avx.UnpackLow(v2, v3).AsDouble();
            Vector256<double> t3 = Avx.UnpackHigh(v2, v3).AsDouble();
            Avx.UnpackLow(t0, t2).AsSingle().Store((float*)target);
            Avx.UnpackHigh(t0, t2).AsSingle().Store((float*)target + step);
            Avx.UnpackLow(t1, t3).AsSingle().Store((float*)target + 2 * step);
            Avx.UnpackHigh(t1, t3).AsSingle().Store((float*)target + 3 * step);
        }
        else
        {
            Vector256<double> v0 = Gather((double*)source, 2 * stride);
            Vector256<double> v1 = Gather((double*)source + stride, 2 * stride);
            Avx.UnpackLow(v0, v1).Store((double*)target);
            Avx.UnpackHigh(v0, v1).Store((double*)target + step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<U> Gather<U>(U* source, nint stride)
        where U : unmanaged =>
        Vector256.Create(Vector128.Load(source), Vector128.Load(source + stride));
}
