using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>A thread's buffer for innermost work (leaves of factorisations, flow passes): native, 64-byte aligned, kept for the next call. One user at a time: only code that calls no other user takes it.</summary>
internal sealed unsafe class ThreadScratch
{
    [ThreadStatic]
    private static ThreadScratch? t_scratch;

    private void* _buffer;
    private nuint _bytes;

    private ThreadScratch()
    {
    }

    ~ThreadScratch() => NativeMemory.AlignedFree(_buffer);

    /// <summary>Room for <paramref name="count"/> elements; the content is undefined.</summary>
    public static T* Get<T>(nint count)
        where T : unmanaged
    {
        ThreadScratch scratch = t_scratch ??= new ThreadScratch();
        nuint bytes = (nuint)count * (nuint)sizeof(T);
        if (bytes > scratch._bytes)
        {
            NativeMemory.AlignedFree(scratch._buffer);
            // Nothing is held, should there be no memory.
            scratch._buffer = null;
            scratch._bytes = 0;
            scratch._buffer = NativeMemory.AlignedAlloc(bytes, 64);
            scratch._bytes = bytes;
        }

        return (T*)scratch._buffer;
    }
}
