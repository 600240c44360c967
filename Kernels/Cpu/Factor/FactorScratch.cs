using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>A thread's buffer for the innermost blocks of the factorisations: native, 64-byte aligned, kept for the next call. One user at a time: only leaves that call no other leaf take it.</summary>
internal sealed unsafe class FactorScratch
{
    [ThreadStatic]
    private static FactorScratch? t_scratch;

    private void* _buffer;
    private nuint _bytes;

    private FactorScratch()
    {
    }

    ~FactorScratch() => NativeMemory.AlignedFree(_buffer);

    /// <summary>Room for <paramref name="count"/> elements; the content is undefined.</summary>
    public static T* Get<T>(nint count)
        where T : unmanaged
    {
        FactorScratch scratch = t_scratch ??= new FactorScratch();
        nuint bytes = (nuint)count * (nuint)sizeof(T);
        if (bytes > scratch._bytes)
        {
            void* larger = NativeMemory.AlignedAlloc(bytes, 64);
            NativeMemory.AlignedFree(scratch._buffer);
            scratch._buffer = larger;
            scratch._bytes = bytes;
        }

        return (T*)scratch._buffer;
    }
}
