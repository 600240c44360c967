using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Cli;

/// <summary>The memory side of the limits: pure reads and triads a = b + s c over floats, with the widest vectors. All lengths are multiples of 128.</summary>
internal static unsafe class StreamLoops
{
    /// <summary>Lengths are rounded down to a multiple of this.</summary>
    public const int Step = 128;

    private static int s_sink;

    /// <summary>Reads n words of four bytes in one stream; summed as integers, because any bits may lie there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Read(void* memory, nint n)
    {
        int* p = (int*)memory;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<int> a = default, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
            for (nint i = 0; i < n; i += 128)
            {
                a += Vector512.Load(p + i);
                b += Vector512.Load(p + i + 16);
                c += Vector512.Load(p + i + 32);
                d += Vector512.Load(p + i + 48);
                e += Vector512.Load(p + i + 64);
                f += Vector512.Load(p + i + 80);
                g += Vector512.Load(p + i + 96);
                h += Vector512.Load(p + i + 112);
            }

            s_sink = Vector512.Sum(a + b + c + d + e + f + g + h);
            return;
        }

        Vector256<int> v0 = default, v1 = v0, v2 = v0, v3 = v0, v4 = v0, v5 = v0, v6 = v0, v7 = v0;
        for (nint i = 0; i < n; i += 64)
        {
            v0 += Vector256.Load(p + i);
            v1 += Vector256.Load(p + i + 8);
            v2 += Vector256.Load(p + i + 16);
            v3 += Vector256.Load(p + i + 24);
            v4 += Vector256.Load(p + i + 32);
            v5 += Vector256.Load(p + i + 40);
            v6 += Vector256.Load(p + i + 48);
            v7 += Vector256.Load(p + i + 56);
        }

        s_sink = Vector256.Sum(v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7);
    }

    /// <summary>The same in four streams side by side, which some memory systems like better.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void ReadFour(void* memory, nint n)
    {
        nint quarter = n / 4 / 32 * 32;
        int* p = (int*)memory, q = p + quarter, r = q + quarter, s = r + quarter;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<int> a = default, b = a, c = a, d = a, e = a, f = a, g = a, h = a;
            for (nint i = 0; i < quarter; i += 32)
            {
                a += Vector512.Load(p + i);
                b += Vector512.Load(p + i + 16);
                c += Vector512.Load(q + i);
                d += Vector512.Load(q + i + 16);
                e += Vector512.Load(r + i);
                f += Vector512.Load(r + i + 16);
                g += Vector512.Load(s + i);
                h += Vector512.Load(s + i + 16);
            }

            s_sink = Vector512.Sum(a + b + c + d + e + f + g + h);
            return;
        }

        Vector256<int> v0 = default, v1 = v0, v2 = v0, v3 = v0;
        for (nint i = 0; i < quarter; i += 8)
        {
            v0 += Vector256.Load(p + i);
            v1 += Vector256.Load(q + i);
            v2 += Vector256.Load(r + i);
            v3 += Vector256.Load(s + i);
        }

        s_sink = Vector256.Sum(v0 + v1 + v2 + v3);
    }

    /// <summary>a = b + s c over n floats, ordinary stores. 12 n bytes, as streams are counted.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Triad(float* a, float* b, float* c, nint n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> s = Vector512.Create(0.5f);
            for (nint i = 0; i < n; i += 32)
            {
                Vector512.Store(Vector512.MultiplyAddEstimate(Vector512.Load(c + i), s, Vector512.Load(b + i)), a + i);
                Vector512.Store(Vector512.MultiplyAddEstimate(Vector512.Load(c + i + 16), s, Vector512.Load(b + i + 16)), a + i + 16);
            }

            return;
        }

        Vector256<float> t = Vector256.Create(0.5f);
        for (nint i = 0; i < n; i += 16)
        {
            Vector256.Store(Vector256.MultiplyAddEstimate(Vector256.Load(c + i), t, Vector256.Load(b + i)), a + i);
            Vector256.Store(Vector256.MultiplyAddEstimate(Vector256.Load(c + i + 8), t, Vector256.Load(b + i + 8)), a + i + 8);
        }
    }

    /// <summary>The triad with stores that bypass the caches; a must be aligned to 64 bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TriadNonTemporal(float* a, float* b, float* c, nint n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> s = Vector512.Create(0.5f);
            for (nint i = 0; i < n; i += 16)
                Vector512.StoreAlignedNonTemporal(Vector512.MultiplyAddEstimate(Vector512.Load(c + i), s, Vector512.Load(b + i)), a + i);
        }
        else
        {
            Vector256<float> t = Vector256.Create(0.5f);
            for (nint i = 0; i < n; i += 8)
                Vector256.StoreAlignedNonTemporal(Vector256.MultiplyAddEstimate(Vector256.Load(c + i), t, Vector256.Load(b + i)), a + i);
        }

        System.Threading.Thread.MemoryBarrier();
    }

    /// <summary>y = s x over n floats: what an elementwise function costs when it computes nothing. 8 n bytes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* x, float* y, nint n)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> s = Vector512.Create(0.5f);
            for (nint i = 0; i < n; i += 64)
            {
                Vector512.Store(Vector512.Load(x + i) * s, y + i);
                Vector512.Store(Vector512.Load(x + i + 16) * s, y + i + 16);
                Vector512.Store(Vector512.Load(x + i + 32) * s, y + i + 32);
                Vector512.Store(Vector512.Load(x + i + 48) * s, y + i + 48);
            }

            return;
        }

        Vector256<float> t = Vector256.Create(0.5f);
        for (nint i = 0; i < n; i += 32)
        {
            Vector256.Store(Vector256.Load(x + i) * t, y + i);
            Vector256.Store(Vector256.Load(x + i + 8) * t, y + i + 8);
            Vector256.Store(Vector256.Load(x + i + 16) * t, y + i + 16);
            Vector256.Store(Vector256.Load(x + i + 24) * t, y + i + 24);
        }
    }
}
