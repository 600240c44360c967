namespace NativeFlow.Kernels;

/// <summary>A run of elements inside one block of a backend's memory. It names memory and never holds it: only the backend that made the block can look inside.</summary>
/// <param name="Block">Number of the block in its backend, or -1 for <see cref="None"/>.</param>
/// <param name="Offset">First element, counted from the start of the block.</param>
/// <param name="Length">Number of elements.</param>
public readonly record struct Slice(int Block, int Offset, int Length)
{
    /// <summary>Names no memory: a gradient nobody asked for, a missing optional argument.</summary>
    public static Slice None => new(-1, 0, 0);

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Block < 0;

    /// <summary>The <paramref name="length"/> elements from <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches outside this slice.</exception>
    public Slice Part(int start, int length)
    {
        if ((uint)start > (uint)Length || (uint)length > (uint)(Length - start))
            throw new ArgumentOutOfRangeException(nameof(start), $"Slice.Part: elements {start}..{start + length} of a slice of {Length}.");
        return new Slice(Block, Offset + start, length);
    }
}
