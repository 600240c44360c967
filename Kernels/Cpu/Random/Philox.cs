using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>Philox4x32-10: a counter-based generator; block n of a stream is a function of (key, stream, n) alone.</summary>
/// <remarks>Counter words 0, 1 are the block index (low, high), words 2, 3 the stream. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).</remarks>
public static unsafe class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>One block: the four words of counter (<paramref name="block"/>, <paramref name="stream"/>) under <paramref name="key"/>.</summary>
    public static void Block(ulong key, ulong stream, ulong block, out uint word0, out uint word1, out uint word2, out uint word3)
    {
        uint c0 = (uint)block, c1 = (uint)(block >> 32), c2 = (uint)stream, c3 = (uint)(stream >> 32);
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint)p1;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint)p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }
        word0 = c0;
        word1 = c1;
        word2 = c2;
        word3 = c3;
    }

    /// <summary>Words firstWord, firstWord + 1, ... of a stream; word i is word i mod 4 of block i/4.</summary>
    [SkipLocalsInit]
    public static void Fill(ulong key, ulong stream, ulong firstWord, Span<uint> destination)
    {
        ulong* pairs = stackalloc ulong[2 * ChunkBlocks];
        int done = 0;
        while (done < destination.Length)
        {
            ulong word = firstWord + (ulong)done;
            int skip = (int)(word & 3);
            int take = Math.Min(destination.Length - done, (4 * ChunkBlocks) - skip);
            FillBlocks(key, stream, word >> 2, (skip + take + 3) / 4, pairs, pairs + ChunkBlocks);
            for (int i = 0; i < take; i++)
            {
                int at = skip + i;
                ulong pair = pairs[(at >> 2) + ((at & 2) != 0 ? ChunkBlocks : 0)];
                destination[done + i] = (uint)((at & 1) == 0 ? pair >> 32 : pair);
            }
            done += take;
        }
    }

    /// <summary>Blocks that <see cref="FillBlocks"/> does at most in one call.</summary>
    internal const int ChunkBlocks = 256;

    /// <summary>first[i] = words 0 and 1 of block firstBlock + i (word 0 high), second[i] = words 2 and 3. Both must hold <see cref="ChunkBlocks"/>; count is rounded up to 32.</summary>
    internal static void FillBlocks(ulong key, ulong stream, ulong firstBlock, int count, ulong* first, ulong* second)
    {
        int i = 0;
        if (Avx512F.IsSupported && Vector512.IsHardwareAccelerated)
            for (; i < count; i += 32) ThirtyTwo(key, stream, firstBlock + (ulong)i, first + i, second + i);
        else if (Avx2.IsSupported)
            for (; i < count; i += 4) Four(key, stream, firstBlock + (ulong)i, first + i, second + i);
        else
            for (; i < count; i++)
            {
                Block(key, stream, firstBlock + (ulong)i, out uint w0, out uint w1, out uint w2, out uint w3);
                first[i] = ((ulong)w0 << 32) | w1;
                second[i] = ((ulong)w2 << 32) | w3;
            }
    }

    // One block in each 64-bit element, four vectors in turn, since one alone would wait for its products. Upper halves may hold rubbish: the multiplication reads
    // the lower halves only.
    private static void ThirtyTwo(ulong key, ulong stream, ulong block, ulong* first, ulong* second)
    {
        Vector512<ulong> a0 = Vector512.Create(block) + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7), eight = Vector512.Create(8ul);
        Vector512<ulong> b0 = a0 + eight, c0 = b0 + eight, d0 = c0 + eight;
        Vector512<ulong> a1 = a0 >>> 32, b1 = b0 >>> 32, c1 = c0 >>> 32, d1 = d0 >>> 32;
        Vector512<ulong> a2 = Vector512.Create(stream), b2 = a2, c2 = a2, d2 = a2, a3 = Vector512.Create(stream >> 32), b3 = a3, c3 = a3, d3 = a3;
        Vector512<ulong> k0 = Vector512.Create((ulong)(uint)key), k1 = Vector512.Create(key >> 32), step0 = Vector512.Create((ulong)Weyl0), step1 = Vector512.Create((ulong)Weyl1);
        for (int round = 0; round < Rounds; round++)
        {
            Round(ref a0, ref a1, ref a2, ref a3, k0, k1);
            Round(ref b0, ref b1, ref b2, ref b3, k0, k1);
            Round(ref c0, ref c1, ref c2, ref c3, k0, k1);
            Round(ref d0, ref d1, ref d2, ref d3, k0, k1);
            k0 += step0;
            k1 += step1;
        }
        Pair(a0, a1).Store(first);
        Pair(b0, b1).Store(first + 8);
        Pair(c0, c1).Store(first + 16);
        Pair(d0, d1).Store(first + 24);
        Pair(a2, a3).Store(second);
        Pair(b2, b3).Store(second + 8);
        Pair(c2, c3).Store(second + 16);
        Pair(d2, d3).Store(second + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector512<ulong> c0, ref Vector512<ulong> c1, ref Vector512<ulong> c2, ref Vector512<ulong> c3, Vector512<ulong> k0, Vector512<ulong> k1)
    {
        Vector512<ulong> p0 = Avx512F.Multiply(c0.AsUInt32(), Vector512.Create((ulong)Multiplier0).AsUInt32());
        Vector512<ulong> p1 = Avx512F.Multiply(c2.AsUInt32(), Vector512.Create((ulong)Multiplier1).AsUInt32());
        c0 = High(p1) ^ c1 ^ k0;
        c1 = p1;
        c2 = High(p0) ^ c3 ^ k1;
        c3 = p0;
    }

    // A shuffle in place of a shift, which would compete with the products.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> High(Vector512<ulong> p) => Avx512F.Shuffle(p.AsUInt32(), 0b11_11_01_01).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Pair(Vector512<ulong> high, Vector512<ulong> low) => (high << 32) | (low & Vector512.Create((ulong)uint.MaxValue));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(ulong key, ulong stream, ulong block, ulong* first, ulong* second)
    {
        Vector256<ulong> blocks = Vector256.Create(block) + Vector256.Create(0ul, 1, 2, 3);
        Vector256<ulong> c0 = blocks, c1 = blocks >>> 32, c2 = Vector256.Create(stream), c3 = Vector256.Create(stream >> 32);
        Vector256<uint> m0 = Vector256.Create((ulong)Multiplier0).AsUInt32(), m1 = Vector256.Create((ulong)Multiplier1).AsUInt32();
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> p0 = Avx2.Multiply(c0.AsUInt32(), m0), p1 = Avx2.Multiply(c2.AsUInt32(), m1);
            c0 = (p1 >>> 32) ^ c1 ^ Vector256.Create((ulong)k0);
            c1 = p1;
            c2 = (p0 >>> 32) ^ c3 ^ Vector256.Create((ulong)k1);
            c3 = p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }
        Vector256<ulong> low = Vector256.Create((ulong)uint.MaxValue);
        Vector256.Store((c0 << 32) | (c1 & low), first);
        Vector256.Store((c2 << 32) | (c3 & low), second);
    }
}
