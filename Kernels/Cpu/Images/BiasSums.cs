using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Sums of channels over batch and pixels.</summary>
internal static unsafe class BiasSums
{
    /// <summary>db[o] += the sum of dz[batch x channels pixels] over batch and pixels.</summary>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Add<T>(int batch, int channels, int pixels, ReadOnlySpan<T> dz, Span<T> db)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (dz.Length < (long)batch * channels * pixels || db.Length < channels)
            throw new ArgumentException($"Convolution: {dz.Length} numbers of {batch} images and {db.Length} of the bias; {channels} channels of {pixels} pixels need {(long)batch * channels * pixels} and {channels}.");
        bool vectors = typeof(T) == typeof(float) || typeof(T) == typeof(double);
        fixed (T* p = dz)
        {
            if (vectors && Vector512.IsHardwareAccelerated) Run<T, Vector512<T>, Lane512<T>>(batch, channels, pixels, p, db);
            else if (vectors && Vector256.IsHardwareAccelerated) Run<T, Vector256<T>, Lane256<T>>(batch, channels, pixels, p, db);
            else if (vectors && Vector128.IsHardwareAccelerated) Run<T, Vector128<T>, Lane128<T>>(batch, channels, pixels, p, db);
            else Run<T, T, LaneScalar<T>>(batch, channels, pixels, p, db);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<T, V, L>(int batch, int channels, int pixels, T* dz, Span<T> db)
        where T : unmanaged, IFloatingPointIeee754<T>
        where V : unmanaged
        where L : struct, IGemmLane<T, V>
    {
        T* sums = stackalloc T[L.Count];
        V one = L.Broadcast(T.One);
        int rest = pixels % L.Count, whole = pixels / L.Count;
        V mask = L.Mask(rest);
        for (int o = 0; o < channels; o++)
        {
            V sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            T* from = dz + (nint)o * pixels;
            for (int b = 0; b < batch; b++, from += (nint)channels * pixels)
            {
                T* p = from;
                int left = whole;
                for (; left >= 4; left -= 4, p += 4 * L.Count)
                {
                    sum0 = L.MultiplyAdd(one, L.Load(p), sum0);
                    sum1 = L.MultiplyAdd(one, L.Load(p + L.Count), sum1);
                    sum2 = L.MultiplyAdd(one, L.Load(p + 2 * L.Count), sum2);
                    sum3 = L.MultiplyAdd(one, L.Load(p + 3 * L.Count), sum3);
                }

                if (left > 0) sum0 = L.MultiplyAdd(one, L.Load(p), sum0);
                if (left > 1) sum1 = L.MultiplyAdd(one, L.Load(p + L.Count), sum1);
                if (left > 2) sum2 = L.MultiplyAdd(one, L.Load(p + 2 * L.Count), sum2);
                if (rest > 0) sum3 = L.MultiplyAdd(one, L.LoadPart(p + left * L.Count, mask), sum3);
            }

            L.Store(sums, L.MultiplyAdd(one, L.MultiplyAdd(one, sum0, sum1), L.MultiplyAdd(one, sum2, sum3)));
            T sum = T.Zero;
            for (int e = 0; e < L.Count; e++) sum += sums[e];
            db[o] += sum;
        }
    }
}
