using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>Native, 64-byte aligned, zeroed blocks that never move.</summary>
internal sealed unsafe class CpuMemory<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Alignment = 64;
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
        _blocks[block] = (T*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_blocks[block], bytes);
        _lengths[block] = elements;
        AllocatedElements += elements;
        LiveBlocks++;
        return new Slice(block, 0, elements);
    }

    public void Release(Slice slice)
    {
        if ((uint)slice.Block >= (uint)_count || _lengths[slice.Block] < 0)
            throw new ArgumentException($"Release: block {slice.Block} is not a live block of this backend.");
        NativeMemory.AlignedFree(_blocks[slice.Block]);
        AllocatedElements -= _lengths[slice.Block];
        _blocks[slice.Block] = null;
        _lengths[slice.Block] = -1;
        LiveBlocks--;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T* Pointer(Slice slice)
    {
        if (slice.IsNone) return null;
        if ((uint)slice.Block >= (uint)_count || (uint)slice.Offset + (uint)slice.Length > (uint)_lengths[slice.Block])
            ThrowOutside(slice);
        return _blocks[slice.Block] + slice.Offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Span(Slice slice) => new(Pointer(slice), slice.Length);

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            if (_lengths[i] >= 0) Release(new Slice(i, 0, 0));
        _count = 0;
        GC.SuppressFinalize(this);
    }

    // Native memory must not outlive a backend that nobody disposed.
    ~CpuMemory() => Dispose();

    private static void ThrowOutside(Slice slice)
        => throw new ArgumentException($"Slice (block {slice.Block}, offset {slice.Offset}, length {slice.Length}) lies outside this backend's memory; slices of another backend cannot be used here.");
}
