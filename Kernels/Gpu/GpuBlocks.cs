namespace NativeFlow.Kernels.Gpu;

/// <summary>Which blocks of a backend live, and how long they are: checks every slice at the door.</summary>
internal sealed class GpuBlocks
{
    private const int IndexBits = 16;

    // As on the CPU: a block's number carries its backend's, so that a slice of another backend is noticed.
    private readonly int _tag = BackendNumber.Next() << IndexBits;
    private int[] _lengths = new int[16];
    private int _count;

    /// <summary>Elements of all live blocks.</summary>
    public long AllocatedElements { get; private set; }

    /// <summary>A number for a new block of <paramref name="elements"/>; the slice that names it.</summary>
    public Slice Add(int elements)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        int block = Array.IndexOf(_lengths, -1, 0, _count);
        if (block < 0)
        {
            if (_count == 1 << IndexBits) throw new InvalidOperationException($"A backend holds at most {1 << IndexBits} blocks; release some, or allocate larger ones.");
            if (_count == _lengths.Length) Array.Resize(ref _lengths, 2 * _count);
            block = _count++;
        }
        _lengths[block] = elements;
        AllocatedElements += elements;
        return new Slice(_tag | block, 0, elements);
    }

    /// <summary>Forgets a block; returns its number on the device.</summary>
    public int Remove(Slice slice)
    {
        int block = slice.Block ^ _tag;
        if ((uint)block >= (uint)_count || _lengths[block] < 0)
            throw new ArgumentException($"Release: block {slice.Block} is not a live block of this backend.");
        AllocatedElements -= _lengths[block];
        _lengths[block] = -1;
        return block;
    }

    /// <summary>Number on the device of the block that <paramref name="slice"/> lies in.</summary>
    public int Of(Slice slice)
    {
        int block = slice.Block ^ _tag;
        if (slice.IsNone || (uint)block >= (uint)_count || (long)(uint)slice.Offset + (uint)slice.Length > _lengths[block])
            throw new ArgumentException($"Slice (block {slice.Block}, offset {slice.Offset}, length {slice.Length}) lies outside this backend's memory; slices of another backend, or of a released block, cannot be used here.");
        return block;
    }

    /// <summary>Numbers of all live blocks.</summary>
    public IEnumerable<int> Live()
    {
        for (int i = 0; i < _count; i++)
            if (_lengths[i] >= 0) yield return i;
    }

    /// <summary>Length of live block <paramref name="block"/>.</summary>
    public int LengthOf(int block) => _lengths[block];
}
