namespace NativeFlow.Kernels.Gpu;

/// <summary>Where in which stream a kernel's first item begins.</summary>
/// <param name="key">Seed.</param>
/// <param name="stream">Number of the stream.</param>
/// <param name="first">Number of the first item's piece of the stream.</param>
public readonly struct RandomStream(ulong key, ulong stream, ulong first)
{
    /// <summary>Number of item <paramref name="i"/>'s piece.</summary>
    public ulong Piece(int i) => first + (ulong)i;

    /// <summary>The two pairs of words of block <paramref name="block"/>; the earlier word of a pair is its upper half.</summary>
    public void Pairs(ulong block, out ulong pair0, out ulong pair1)
    {
        Words(block, out uint word0, out uint word1, out uint word2, out uint word3);
        pair0 = ((ulong)word0 << 32) | word1;
        pair1 = ((ulong)word2 << 32) | word3;
    }

    /// <summary>The four words of block <paramref name="block"/>.</summary>
    public void Words(ulong block, out uint word0, out uint word1, out uint word2, out uint word3)
        => Philox.Block(key, stream, block, out word0, out word1, out word2, out word3);

    /// <summary>The upper 52 bits of a pair as a number in [0, 1).</summary>
    public static double Unit(ulong pair) => DeviceMath.Subtract(BitConverter.Int64BitsToDouble((long)((pair >> 12) | 0x3FF0000000000000ul)), 1.0);
}
