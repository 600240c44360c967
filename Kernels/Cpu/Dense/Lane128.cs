using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>128-bit vectors, on x86, Arm and WebAssembly.</summary>
internal readonly unsafe struct Lane128<T> : IGemmLane<T, Vector128<T>>
    where T : unmanaged
{
    public static int Count => Vector128<T>.Count;

    // Arm has 32 vector registers, x86 without AVX-512 has 16.
    public static int MaxRows => AdvSimd.IsSupported ? 14 : 6;

    public static int TransposeColumns => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* target, Vector128<T> value) => value.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Mask(int columns) =>
        typeof(T) == typeof(float)
            ? Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(columns)).As<int, T>()
            : Vector128.LessThan(Vector128<long>.Indices, Vector128.Create((long)columns)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadPart(T* source, Vector128<T> mask)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float)) return Avx.MaskLoad((float*)source, mask.AsSingle()).As<float, T>();
        if (Avx.IsSupported && typeof(T) == typeof(double)) return Avx.MaskLoad((double*)source, mask.AsDouble()).As<double, T>();
        return FirstElements(source, mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePart(T* target, Vector128<T> mask, Vector128<T> value)
    {
        if (Avx.IsSupported && typeof(T) == typeof(float)) Avx.MaskStore((float*)target, mask.AsSingle(), value.AsSingle());
        else if (Avx.IsSupported && typeof(T) == typeof(double)) Avx.MaskStore((double*)target, mask.AsDouble(), value.AsDouble());
        else StoreFirst(target, mask, value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> left, Vector128<T> right, Vector128<T> add) =>
        typeof(T) == typeof(float)
            ? Vector128.MultiplyAddEstimate(left.AsSingle(), right.AsSingle(), add.AsSingle()).As<float, T>()
            : Vector128.MultiplyAddEstimate(left.AsDouble(), right.AsDouble(), add.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Transpose(T* source, nint stride, T* target, nint step)
    {
        if (Sse2.IsSupported && typeof(T) == typeof(float))
        {
            Vector128<float> v0 = Vector128.Load((float*)source);
            Vector128<float> v1 = Vector128.Load((float*)source + stride);
            Vector128<float> v2 = Vector128.Load((float*)source + 2 * stride);
            Vector128<float> v3 = Vector128.Load((float*)source + 3 * stride);
            Vector128<double> t0 = Sse.UnpackLow(v0, v1).AsDouble();
            Vector128<double> t1 = Sse.UnpackHigh(v0, v1).AsDouble();
            Vector128<double> t2 = Sse.UnpackLow(v2, v3).AsDouble();
            Vector128<double> t3 = Sse.UnpackHigh(v2, v3).AsDouble();
            Sse2.UnpackLow(t0, t2).AsSingle().Store((float*)target);
            Sse2.UnpackHigh(t0, t2).AsSingle().Store((float*)target + step);
            Sse2.UnpackLow(t1, t3).AsSingle().Store((float*)target + 2 * step);
            Sse2.UnpackHigh(t1, t3).AsSingle().Store((float*)target + 3 * step);
        }
        else
        {
            for (int column = 0; column < Count; column++)
                for (int row = 0; row < Count; row++)
                    target[column * step + row] = source[row * stride + column];
        }
    }

    // Without masked loads: whole vectors where the mask is full, else element by element.
    private static Vector128<T> FirstElements(T* source, Vector128<T> mask)
    {
        uint bits = mask.ExtractMostSignificantBits();
        if (bits == (1u << Count) - 1) return Vector128.Load(source);
        Vector128<T> value = default;
        for (int i = 0; bits >> i != 0; i++) value = value.WithElement(i, source[i]);
        return value;
    }

    private static void StoreFirst(T* target, Vector128<T> mask, Vector128<T> value)
    {
        uint bits = mask.ExtractMostSignificantBits();
        for (int i = 0; bits >> i != 0; i++) target[i] = value[i];
    }
}
