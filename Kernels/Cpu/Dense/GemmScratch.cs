using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>A thread's packing buffers: native, 64-byte aligned, kept for the next product, freed some time after the thread has ended.</summary>
internal sealed unsafe class GemmScratch
{
    /// <summary>One tile of the largest kind: 14 rows of two 512-bit vectors.</summary>
    private const int EdgeBytes = 14 * 2 * 64;

    [ThreadStatic]
    private static GemmScratch? t_scratch;

    private static long s_stamp;

    private void* _a;
    private void* _b;
    private nuint _aBytes;
    private nuint _bBytes;

    private GemmScratch() => Edge = NativeMemory.AlignedAlloc(EdgeBytes, 64);

    ~GemmScratch()
    {
        NativeMemory.AlignedFree(Edge);
        NativeMemory.AlignedFree(_a);
        NativeMemory.AlignedFree(_b);
    }

    public static GemmScratch Current => t_scratch ??= new GemmScratch();

    /// <summary>Where tiles that stick out over the right edge of C are computed.</summary>
    public void* Edge { get; }

    // What the A buffer holds: a block of rows and a first k, of one product.
    public long Stamp;
    public int RowBlock;
    public int FirstK;

    /// <summary>A number no other product has.</summary>
    public static long NextStamp() => Interlocked.Increment(ref s_stamp);

    public void* A(nuint bytes)
    {
        if (bytes > _aBytes)
        {
            Stamp = 0;
            Grow(ref _a, ref _aBytes, bytes);
        }
        return _a;
    }

    public void* B(nuint bytes)
    {
        if (bytes > _bBytes) Grow(ref _b, ref _bBytes, bytes);
        return _b;
    }

    private static void Grow(ref void* buffer, ref nuint size, nuint bytes)
    {
        void* larger = NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.AlignedFree(buffer);
        buffer = larger;
        size = bytes;
    }
}
