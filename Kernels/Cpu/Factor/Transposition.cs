using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>Copies a matrix into its transpose, tiles of vectors at a time.</summary>
internal static unsafe class Transposition
{
    /// <summary>target[j * targetStride + i] = source[i * sourceStride + j] for rows x cols of the source; not the same memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(T* source, nint sourceStride, T* target, nint targetStride, int rows, int cols)
        where T : unmanaged
    {
        int i = 0;
        if (sizeof(T) == 4)
        {
            if (Avx512F.IsSupported)
                for (; i <= rows - 16; i += 16)
                {
                    int j = 0;
                    for (; j <= cols - 4; j += 4) Tile16x4((float*)(source + i * sourceStride + j), sourceStride, (float*)(target + j * targetStride + i), targetStride);
                    Plain(source + i * sourceStride + j, sourceStride, target + j * targetStride + i, targetStride, 16, cols - j);
                }

            if (Vector128.IsHardwareAccelerated)
                for (; i <= rows - 4; i += 4)
                {
                    int j = 0;
                    for (; j <= cols - 4; j += 4) Tile4x4((float*)(source + i * sourceStride + j), sourceStride, (float*)(target + j * targetStride + i), targetStride);
                    Plain(source + i * sourceStride + j, sourceStride, target + j * targetStride + i, targetStride, 4, cols - j);
                }
        }
        else if (sizeof(T) == 8 && Avx2.IsSupported)
        {
            for (; i <= rows - 4; i += 4)
            {
                int j = 0;
                for (; j <= cols - 4; j += 4) Tile4x4((double*)(source + i * sourceStride + j), sourceStride, (double*)(target + j * targetStride + i), targetStride);
                Plain(source + i * sourceStride + j, sourceStride, target + j * targetStride + i, targetStride, 4, cols - j);
            }
        }

        Plain(source + i * sourceStride, sourceStride, target + i, targetStride, rows - i, cols);
    }

    private static void Plain<T>(T* source, nint sourceStride, T* target, nint targetStride, int rows, int cols)
        where T : unmanaged
    {
        for (int j = 0; j < cols; j++)
            for (int i = 0; i < rows; i++) target[j * targetStride + i] = source[i * sourceStride + j];
    }

    /// <summary>Quarters of a vector come from four rows each (inserts from memory need no shuffle), then each quarter column is put in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile16x4(float* source, nint stride, float* target, nint step)
    {
        Vector512<float> v0 = Quarters(source, 4 * stride), v1 = Quarters(source + stride, 4 * stride);
        Vector512<float> v2 = Quarters(source + 2 * stride, 4 * stride), v3 = Quarters(source + 3 * stride, 4 * stride);
        Vector512<double> t0 = Avx512F.UnpackLow(v0, v1).AsDouble(), t1 = Avx512F.UnpackHigh(v0, v1).AsDouble();
        Vector512<double> t2 = Avx512F.UnpackLow(v2, v3).AsDouble(), t3 = Avx512F.UnpackHigh(v2, v3).AsDouble();
        Avx512F.UnpackLow(t0, t2).AsSingle().Store(target);
        Avx512F.UnpackHigh(t0, t2).AsSingle().Store(target + step);
        Avx512F.UnpackLow(t1, t3).AsSingle().Store(target + 2 * step);
        Avx512F.UnpackHigh(t1, t3).AsSingle().Store(target + 3 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(float* source, nint stride)
    {
        Vector512<float> v = Vector128.Load(source).ToVector256Unsafe().ToVector512Unsafe();
        v = Avx512F.InsertVector128(v, Vector128.Load(source + stride), 1);
        v = Avx512F.InsertVector128(v, Vector128.Load(source + 2 * stride), 2);
        return Avx512F.InsertVector128(v, Vector128.Load(source + 3 * stride), 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile4x4(float* source, nint stride, float* target, nint step)
    {
        Vector128<float> v0 = Vector128.Load(source), v1 = Vector128.Load(source + stride), v2 = Vector128.Load(source + 2 * stride), v3 = Vector128.Load(source + 3 * stride);
        // Interleaving twice with the row two below is a transposition.
        (Vector128<float> a, Vector128<float> b) = Interleave(v0, v2);
        (Vector128<float> c, Vector128<float> d) = Interleave(v1, v3);
        (Vector128<float> r0, Vector128<float> r1) = Interleave(a, c);
        (Vector128<float> r2, Vector128<float> r3) = Interleave(b, d);
        r0.Store(target);
        r1.Store(target + step);
        r2.Store(target + 2 * step);
        r3.Store(target + 3 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Interleave(Vector128<float> x, Vector128<float> y)
    {
        if (Sse.IsSupported) return (Sse.UnpackLow(x, y), Sse.UnpackHigh(x, y));
        if (System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported)
            return (System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipLow(x, y), System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipHigh(x, y));
        return (Vector128.Create(x[0], y[0], x[1], y[1]), Vector128.Create(x[2], y[2], x[3], y[3]));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile4x4(double* source, nint stride, double* target, nint step)
    {
        Vector256<double> v0 = Halves(source, 2 * stride), v1 = Halves(source + stride, 2 * stride);
        Vector256<double> v2 = Halves(source + 2, 2 * stride), v3 = Halves(source + stride + 2, 2 * stride);
        Avx.UnpackLow(v0, v1).Store(target);
        Avx.UnpackHigh(v0, v1).Store(target + step);
        Avx.UnpackLow(v2, v3).Store(target + 2 * step);
        Avx.UnpackHigh(v2, v3).Store(target + 3 * step);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Halves(double* source, nint stride) =>
        Avx.InsertVector128(Vector128.Load(source).ToVector256Unsafe(), Vector128.Load(source + stride), 1);
}
