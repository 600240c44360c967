using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>Two arrays into one, element by element in turn.</summary>
internal static unsafe class RandomWords
{
    /// <summary>to[2 i] = a[i], to[2 i + 1] = b[i]; count is rounded up to 8.</summary>
    public static void Interleave(ulong* a, ulong* b, int count, ulong* to)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<ulong> lower = Vector512.Create(0ul, 8, 1, 9, 2, 10, 3, 11), upper = Vector512.Create(4ul, 12, 5, 13, 6, 14, 7, 15);
            for (int i = 0; i < count; i += 8)
            {
                Vector512<ulong> x = Vector512.Load(a + i), y = Vector512.Load(b + i);
                Avx512F.PermuteVar8x64x2(x, lower, y).Store(to + (2 * i));
                Avx512F.PermuteVar8x64x2(x, upper, y).Store(to + (2 * i) + 8);
            }
            return;
        }
        for (int i = 0; i < count; i++)
        {
            to[2 * i] = a[i];
            to[(2 * i) + 1] = b[i];
        }
    }

    /// <summary>to[2 i] = a[i], to[2 i + 1] = b[i]; count is rounded up to 16.</summary>
    public static void Interleave(float* a, float* b, int count, float* to)
    {
        if (Avx512F.IsSupported)
        {
            Vector512<int> lower = Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), upper = lower + Vector512.Create(8);
            for (int i = 0; i < count; i += 16)
            {
                Vector512<float> x = Vector512.Load(a + i), y = Vector512.Load(b + i);
                Avx512F.PermuteVar16x32x2(x, lower, y).Store(to + (2 * i));
                Avx512F.PermuteVar16x32x2(x, upper, y).Store(to + (2 * i) + 16);
            }
            return;
        }
        for (int i = 0; i < count; i++)
        {
            to[2 * i] = a[i];
            to[(2 * i) + 1] = b[i];
        }
    }
}
