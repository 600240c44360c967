using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>Fills with random numbers. Element i is a function of (key, stream, i) alone: filling [0, 100) equals filling [0, 37) and then [37, 100), on any machine, to the bit.</summary>
/// <remarks>Uniform, Gaussian and Rademacher numbers of one (key, stream) share random words: give each use its own stream.</remarks>
public static unsafe class RandomFill
{
    private const int Chunk = Philox.ChunkBlocks;

    /// <summary>Uniform in [0, 1): float k 2^-24 with the upper 24 bits of word i, double k 2^-53 with the upper 53 bits of words 2i, 2i + 1.</summary>
    /// <param name="key">Seed.</param>
    /// <param name="stream">Number of the stream under this seed.</param>
    /// <param name="firstElement">Index in the stream of the first element written.</param>
    /// <param name="destination">Filled whole.</param>
    public static void Uniform<T>(ulong key, ulong stream, ulong firstElement, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int shift = typeof(T) == typeof(float) ? 2 : 1;
        int perBlock = 1 << shift;
        ulong* first = stackalloc ulong[2 * Chunk];
        ulong* second = first + Chunk;
        for (int done = 0; done < destination.Length;)
        {
            ulong element = firstElement + (ulong)done;
            int skip = (int)(element & (ulong)(perBlock - 1));
            int take = Math.Min(destination.Length - done, (perBlock * Chunk) - skip);
            Philox.FillBlocks(key, stream, element >> shift, (skip + take + perBlock - 1) >> shift, first, second);
            for (int i = 0; i < take; i++)
            {
                int at = skip + i;
                if (typeof(T) == typeof(float))
                {
                    ulong pair = (at & 2) == 0 ? first[at >> 2] : second[at >> 2];
                    uint word = (uint)((at & 1) == 0 ? pair >> 32 : pair);
                    destination[done + i] = T.CreateTruncating((int)(word >> 8) * 5.9604644775390625e-8f);
                }
                else
                {
                    ulong pair = (at & 1) == 0 ? first[at >> 1] : second[at >> 1];
                    destination[done + i] = T.CreateTruncating((long)(pair >> 11) * 1.1102230246251565e-16);
                }
            }
            done += take;
        }
    }

    /// <summary>Standard normal numbers by Box-Muller, computed in double for every T; a float is the rounded double. At most 8.5 in magnitude. Elements 2p, 2p + 1 come from block p.</summary>
    /// <param name="key">Seed.</param>
    /// <param name="stream">Number of the stream under this seed.</param>
    /// <param name="firstElement">Index in the stream of the first element written.</param>
    /// <param name="destination">Filled whole.</param>
    /// <remarks>Source: Box and Muller 1958. Only operations that IEEE 754 rounds exactly (no fused multiply-add), so the bits are the same everywhere.</remarks>
    public static void Gaussian<T>(ulong key, ulong stream, ulong firstElement, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ulong* first = stackalloc ulong[2 * Chunk];
        ulong* second = first + Chunk;
        for (int done = 0; done < destination.Length;)
        {
            ulong element = firstElement + (ulong)done;
            int skip = (int)(element & 1);
            int take = Math.Min(destination.Length - done, (2 * Chunk) - skip);
            int blocks = (skip + take + 1) >> 1;
            Philox.FillBlocks(key, stream, element >> 1, blocks, first, second);
            BoxMuller.Transform(first, second, blocks);
            double* cosines = (double*)first, sines = (double*)second;
            int i = 0;
            if (skip == 1) destination[done + i++] = T.CreateTruncating(sines[0]);
            int p = skip;
            for (; i + 2 <= take; i += 2, p++)
            {
                destination[done + i] = T.CreateTruncating(cosines[p]);
                destination[done + i + 1] = T.CreateTruncating(sines[p]);
            }
            if (i < take) destination[done + i] = T.CreateTruncating(cosines[p]);
            done += take;
        }
    }

    /// <summary>+1 or -1 with equal chance: -1 where bit i mod 32 of word i/32 is set.</summary>
    /// <param name="key">Seed.</param>
    /// <param name="stream">Number of the stream under this seed.</param>
    /// <param name="firstElement">Index in the stream of the first element written.</param>
    /// <param name="destination">Filled whole.</param>
    public static void Rademacher<T>(ulong key, ulong stream, ulong firstElement, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        uint* words = stackalloc uint[64];
        for (int done = 0; done < destination.Length;)
        {
            ulong element = firstElement + (ulong)done;
            int skip = (int)(element & 31);
            int take = Math.Min(destination.Length - done, (64 * 32) - skip);
            Philox.Fill(key, stream, element >> 5, new Span<uint>(words, (skip + take + 31) >> 5));
            for (int i = 0; i < take; i++)
            {
                int at = skip + i;
                // 1 or -1 without a branch that half of the time is mispredicted.
                destination[done + i] = T.CreateTruncating(1 - (int)(((words[at >> 5] >> (at & 31)) & 1) << 1));
            }
            done += take;
        }
    }

    /// <summary>A random order, all equally likely (Fisher-Yates with unbiased bounded integers). Depends on the length, the key and the stream only.</summary>
    /// <param name="key">Seed.</param>
    /// <param name="stream">Number of the stream under this seed.</param>
    /// <param name="values">Reordered in place.</param>
    public static void Shuffle(ulong key, ulong stream, Span<int> values)
    {
        PhiloxSequence random = new(key, stream);
        for (int i = values.Length - 1; i > 0; i--)
        {
            int j = (int)random.NextBelow((uint)i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
