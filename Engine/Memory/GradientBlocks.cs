using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Engine;

/// <summary>
/// Which blocks of a gradient plane hold numbers of the pass under way. The others hold the last pass's; they count as zero and are
/// cleared when first asked for, or overwritten whole, so that a weight gradient crosses memory once and not three times.
/// </summary>
internal sealed class GradientBlocks<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int Block = Arena<T>.Alignment;

    private readonly bool[] _live;

    /// <summary>For a plane of <paramref name="elements"/> elements, in which every value starts on a block of its own.</summary>
    public GradientBlocks(int elements) => _live = new bool[Count(elements)];

    /// <summary>Sets the first <paramref name="elements"/> elements to zero, by word only.</summary>
    public void Clear(int elements) => Clear(0, elements);

    /// <summary>Sets the elements from <paramref name="start"/> on, the first of a block, to zero, by word only.</summary>
    public void Clear(int start, int elements) => Array.Clear(_live, start / Block, Count(elements));

    /// <summary>The part as numbers to read or to add to.</summary>
    public Slice Live(IBackend<T> backend, Slice plane, int offset, int length)
    {
        Settle(backend, plane, offset, length);
        return plane.Part(offset, length);
    }

    /// <summary>The part for somebody who writes all of it; he adds instead where <paramref name="holdsNumbers"/>.</summary>
    public Slice Claim(IBackend<T> backend, Slice plane, int offset, int length, out bool holdsNumbers)
    {
        Span<bool> live = _live.AsSpan(offset / Block, Count(offset % Block + length));
        holdsNumbers = offset % Block != 0 || live.Contains(true);
        if (holdsNumbers) return Live(backend, plane, offset, length);
        // A view may end inside a value's last block; the rest of that block is not written by whoever claims the view.
        int rest = length % Block;
        if (rest != 0) BasicKernels<T>.Fill(backend, plane.Part(offset + length, Block - rest), 0);
        live.Fill(true);
        return plane.Part(offset, length);
    }

    /// <summary>Clears whatever nobody has written between <paramref name="offset"/> and its end.</summary>
    public void Settle(IBackend<T> backend, Slice plane, int offset, int length)
    {
        int end = Count(offset + length), at = offset / Block;
        while (at < end)
        {
            int stale = _live.AsSpan(at, end - at).IndexOf(false);
            if (stale < 0) return;
            at += stale;
            int run = _live.AsSpan(at, end - at).IndexOf(true);
            if (run < 0) run = end - at;
            BasicKernels<T>.Fill(backend, plane.Part(at * Block, run * Block), 0);
            _live.AsSpan(at, run).Fill(true);
            at += run;
        }
    }

    private static int Count(int elements) => (elements + Block - 1) / Block;
}
