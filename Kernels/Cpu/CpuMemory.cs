using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>Native, 64-byte aligned, zeroed blocks that never move.</summary>
internal sealed unsafe class CpuMemory<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Alignment = 64;
    private const int IndexBits = 16;

    // A block's number carries its backend's, so that a slice of another backend is noticed and not read as one's own.
    private readonly int _tag = BackendNumber.Next() << IndexBits;
    private T*[] _blocks = new T*[16];
    private int[] _lengths = new int[16];
    private int _count;

    public long AllocatedElements { get; private set; }

    public int LiveBlocks { get; private set; }

    public Slice Allocate(int elements)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        int block = Array.IndexOf(_lengths, -1, 0, _count);
        if (block < 0)
        {
            if (_count == 1 << IndexBits) throw new InvalidOperationException($"A backend holds at most {1 << IndexBits} blocks; release some, or allocate larger ones.");
            if (_count == _blocks.Length)
            {
                Array.Resize(ref _lengths, 2 * _count);
                T*[] larger = new T*[2 * _count];
                for (int i = 0; i < _count; i++) larger[i] = _blocks[i];
                _blocks = larger;
            }
            block = _count++;
        }
        nuint bytes = (nuint)Math.Max(elements, 1) * (nuint)sizeof(T);
        _blocks[block] = (T*)(bytes >= HugePages.WorthIt ? HugePages.Allocate(ref bytes) : NativeMemory.AlignedAlloc(bytes, Alignment));
        NativeMemory.Clear(_blocks[block], bytes);
        _lengths[block] = elements;
        AllocatedElements += elements;
        LiveBlocks++;
        return new Slice(_tag | block, 0, elements);
    }

    public void Release(Slice slice)
    {
        int block = slice.Block ^ _tag;
        if ((uint)block >= (uint)_count || _lengths[block] < 0)
            throw new ArgumentException($"Release: block {slice.Block} is not a live block of this backend.");
        Free(block);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* Pointer(Slice slice)
    {
        if (slice.IsNone) return null;
        // A released block has length -1; in 64 bits neither that nor a negative offset can pass for something large.
        int block = slice.Block ^ _tag;
        if ((uint)block >= (uint)_count || (long)(uint)slice.Offset + (uint)slice.Length > _lengths[block])
            ThrowOutside(slice);
        return _blocks[block] + slice.Offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Span(Slice slice) => new(Pointer(slice), slice.Length);

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            if (_lengths[i] >= 0) Free(i);
        _count = 0;
        GC.SuppressFinalize(this);
    }

    // Native memory must not outlive a backend that nobody disposed.
    ~CpuMemory() => Dispose();

    private void Free(int block)
    {
        NativeMemory.AlignedFree(_blocks[block]);
        AllocatedElements -= _lengths[block];
        _blocks[block] = null;
        _lengths[block] = -1;
        LiveBlocks--;
    }

    private static void ThrowOutside(Slice slice)
        => throw new ArgumentException($"Slice (block {slice.Block}, offset {slice.Offset}, length {slice.Length}) lies outside this backend's memory; slices of another backend, or of a released block, cannot be used here.");
}

/// <summary>Numbers backends of every element type from 1 on.</summary>
internal static class BackendNumber
{
    private static int s_last;

    // 15 bits: the number stays positive, and repeats only after 32768 backends.
    public static int Next() => Interlocked.Increment(ref s_last) & 0x7FFF;
}
