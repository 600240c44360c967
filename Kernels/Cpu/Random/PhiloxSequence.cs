namespace NativeFlow.Kernels;

/// <summary>The words of one stream, one after another: for uses where the number of words taken is itself random.</summary>
public struct PhiloxSequence
{
    private readonly ulong _key, _stream;
    private ulong _position;
    private uint _word0, _word1, _word2, _word3;

    /// <summary>Starts at word 0 of a stream.</summary>
    public PhiloxSequence(ulong key, ulong stream)
    {
        _key = key;
        _stream = stream;
    }

    /// <summary>The next word.</summary>
    public uint NextWord()
    {
        if ((_position & 3) == 0) Philox.Block(_key, _stream, _position >> 2, out _word0, out _word1, out _word2, out _word3);
        return (_position++ & 3) switch { 0 => _word0, 1 => _word1, 2 => _word2, _ => _word3 };
    }

    /// <summary>An integer in [0, bound), all equally likely.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is 0.</exception>
    /// <remarks>Source: Lemire, "Fast random integer generation in an interval" (2019).</remarks>
    public uint NextBelow(uint bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        // The product's upper half is the answer; 2^32 mod bound of the lower halves are one too many and drawn again.
        uint excess = (0u - bound) % bound;
        while (true)
        {
            ulong product = (ulong)NextWord() * bound;
            if ((uint)product >= excess) return (uint)(product >> 32);
        }
    }
}
