using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
    [SkipLocalsInit]
    public static void Uniform<T>(ulong key, ulong stream, ulong firstElement, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int shift = typeof(T) == typeof(float) ? 2 : 1;
        int perBlock = 1 << shift;
        ulong* words = stackalloc ulong[6 * Chunk];
        ulong* second = words + Chunk, ordered = second + Chunk, numbers = ordered + (2 * Chunk);
        for (int done = 0; done < destination.Length;)
        {
            ulong element = firstElement + (ulong)done;
            int skip = (int)(element & (ulong)(perBlock - 1));
            int take = Math.Min(destination.Length - done, (perBlock * Chunk) - skip);
            int blocks = (skip + take + perBlock - 1) >> shift;
            Philox.FillBlocks(key, stream, element >> shift, blocks, words, second);
            RandomWords.Interleave(words, second, blocks, ordered);
            if (Vector512.IsHardwareAccelerated) ToUnit512<T>(ordered, 2 * blocks, numbers);
            else ToUnit<T>(ordered, 2 * blocks, numbers);
            new Span<T>((T*)numbers + skip, take).CopyTo(destination[done..]);
            done += take;
        }
    }

    /// <summary>Standard normal numbers by Box-Muller from the same bits for every T; a float is the rounded double within some 4 units in the last place. At most 8.5 in magnitude. Elements 2p, 2p + 1 come from block p.</summary>
    /// <param name="key">Seed.</param>
    /// <param name="stream">Number of the stream under this seed.</param>
    /// <param name="firstElement">Index in the stream of the first element written.</param>
    /// <param name="destination">Filled whole.</param>
    /// <remarks>Source: Box and Muller 1958. Only operations that IEEE 754 rounds exactly (no fused multiply-add), so the bits are the same everywhere.</remarks>
    [SkipLocalsInit]
    public static void Gaussian<T>(ulong key, ulong stream, ulong firstElement, Span<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ulong* first = stackalloc ulong[4 * Chunk];
        ulong* second = first + Chunk, numbers = second + Chunk;
        for (int done = 0; done < destination.Length;)
        {
            ulong element = firstElement + (ulong)done;
            int skip = (int)(element & 1);
            int take = Math.Min(destination.Length - done, (2 * Chunk) - skip);
            int blocks = (skip + take + 1) >> 1;
            Philox.FillBlocks(key, stream, element >> 1, blocks, first, second);
            bool isWhole = take == 2 * Chunk;
            fixed (T* place = destination[done..])
            {
                // A whole chunk goes where it belongs, a part by way of memory that holds what is rounded up.
                T* to = isWhole ? place : (T*)numbers;
                if (typeof(T) == typeof(float))
                {
                    BoxMullerSingle.Transform(first, second, blocks, (float*)to);
                }
                else
                {
                    BoxMuller.Transform(first, second, blocks);
                    RandomWords.Interleave(first, second, blocks, (ulong*)to);
                }
                if (!isWhole) new Span<T>(to + skip, take).CopyTo(destination[done..]);
            }
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
            fixed (T* to = destination[done..]) Signs(words, skip, take, to);
            done += take;
        }
    }

    // Pairs of words to two floats or a double in [0, 1) each; count is rounded up to 8. The earlier word of a pair is its upper half.
    private static void ToUnit512<T>(ulong* words, int count, ulong* numbers)
        where T : unmanaged
    {
        for (int i = 0; i < count; i += 8)
        {
            Vector512<ulong> word = Vector512.Load(words + i);
            if (typeof(T) == typeof(float))
            {
                Vector512<uint> turned = ((word << 32) | (word >>> 32)).AsUInt32();
                (Vector512.ConvertToSingle((turned >>> 8).AsInt32()) * Vector512.Create(5.9604644775390625e-8f)).Store((float*)(numbers + i));
            }
            else
            {
                (Vector512.ConvertToDouble((word >>> 11).AsInt64()) * Vector512.Create(1.1102230246251565e-16)).Store((double*)(numbers + i));
            }
        }
    }

    private static void ToUnit<T>(ulong* words, int count, ulong* numbers)
        where T : unmanaged
    {
        for (int i = 0; i < count; i += Vector<ulong>.Count)
        {
            Vector<ulong> word = Vector.Load(words + i);
            if (typeof(T) == typeof(float))
            {
                Vector<uint> turned = (Vector.ShiftLeft(word, 32) | Vector.ShiftRightLogical(word, 32)).As<ulong, uint>();
                (Vector.ConvertToSingle(Vector.ShiftRightLogical(turned, 8).As<uint, int>()) * Vector.Create(5.9604644775390625e-8f)).Store((float*)(numbers + i));
            }
            else
            {
                (Vector.ConvertToDouble(Vector.ShiftRightLogical(word, 11).As<ulong, long>()) * Vector.Create(1.1102230246251565e-16)).Store((double*)(numbers + i));
            }
        }
    }

    // to[i] = -1 where bit skip + i is set, else 1: the sign bit taken from the word, without a branch that half of the time is mispredicted.
    private static void Signs<T>(uint* words, int skip, int take, T* to)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int i = 0, width = 64 / sizeof(T);
        if (Avx512F.IsSupported)
        {
            for (; i < take && ((skip + i) % width) != 0; i++) to[i] = Sign<T>(words, skip + i);
            for (; i + width <= take; i += width)
            {
                int at = skip + i;
                uint bits = words[at >> 5] >> (at & 31);
                if (typeof(T) == typeof(float))
                {
                    Vector512<uint> sign = Avx512F.ShiftLeftLogicalVariable(Vector512.Create(bits), Vector512.Create(31u) - Vector512<uint>.Indices) & Vector512.Create(0x80000000u);
                    (sign | Vector512.Create(1f).AsUInt32()).Store((uint*)(to + i));
                }
                else
                {
                    Vector512<ulong> sign = Avx512F.ShiftLeftLogicalVariable(Vector512.Create((ulong)bits), Vector512.Create(63ul) - Vector512<ulong>.Indices) & Vector512.Create(1ul << 63);
                    (sign | Vector512.Create(1.0).AsUInt64()).Store((ulong*)(to + i));
                }
            }
        }
        for (; i < take; i++) to[i] = Sign<T>(words, skip + i);
    }

    private static T Sign<T>(uint* words, int at)
        where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(1 - (int)(((words[at >> 5] >> (at & 31)) & 1) << 1));

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
