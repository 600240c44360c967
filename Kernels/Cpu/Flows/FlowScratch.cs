using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>A thread's work memory for flow kernels: native, 64-byte aligned, kept for the next piece, freed some time after the thread has ended.</summary>
internal sealed unsafe class FlowScratch
{
    [ThreadStatic]
    private static FlowScratch? t_scratch;

    private void* _memory;
    private nuint _bytes;

    private FlowScratch()
    {
    }

    ~FlowScratch() => NativeMemory.AlignedFree(_memory);

    /// <summary>At least that many bytes, with any content; the next call on this thread hands out the same ones.</summary>
    public static void* Take(nuint bytes)
    {
        FlowScratch scratch = t_scratch ??= new FlowScratch();
        if (bytes > scratch._bytes)
        {
            NativeMemory.AlignedFree(scratch._memory);
            // Nothing is held, should there be no memory.
            scratch._memory = null;
            scratch._bytes = 0;
            scratch._memory = NativeMemory.AlignedAlloc(bytes, 64);
            scratch._bytes = bytes;
        }
        return scratch._memory;
    }
}
