namespace NativeFlow.Kernels;

/// <summary>A thread's packing buffers: native, on huge pages where the system has them, kept for the next product, freed some time after the thread has ended.</summary>
internal sealed unsafe class GemmScratch
{
    [ThreadStatic]
    private static GemmScratch? t_scratch;

    private void* _a;
    private void* _b;
    private nuint _aBytes;
    private nuint _bBytes;

    ~GemmScratch()
    {
        HugePages.Free(_a);
        HugePages.Free(_b);
    }

    public static GemmScratch Current => t_scratch ??= new GemmScratch();

    public void* A(nuint bytes)
    {
        if (bytes > _aBytes) Grow(ref _a, ref _aBytes, bytes);
        return _a;
    }

    public void* B(nuint bytes)
    {
        if (bytes > _bBytes) Grow(ref _b, ref _bBytes, bytes);
        return _b;
    }

    private static void Grow(ref void* buffer, ref nuint size, nuint bytes)
    {
        void* larger = HugePages.Allocate(ref bytes);
        HugePages.Free(buffer);
        buffer = larger;
        size = bytes;
    }
}
