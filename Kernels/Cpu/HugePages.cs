using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Native memory in whole units of 2 MiB, for which Linux is asked to use huge pages: a matrix walked in panels touches a new 4 KiB page
/// with almost every row, and misses in the translation buffers then cost more than the arithmetic.
/// </summary>
internal static unsafe partial class HugePages
{
    private const int Size = 2 << 20;
    private const int AdviseHugePage = 14;

    private static bool s_advise = OperatingSystem.IsLinux();

    /// <summary>At least <paramref name="bytes"/> bytes, which become what was given.</summary>
    public static void* Allocate(ref nuint bytes)
    {
        bytes = (bytes + Size - 1) & ~(nuint)(Size - 1);
        void* memory = NativeMemory.AlignedAlloc(bytes, Size);
        if (!s_advise) return memory;
        try
        {
            // A refusal is fine: the memory then has ordinary pages.
            _ = Advise(memory, bytes, AdviseHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library by that name: ordinary pages from now on.
            s_advise = false;
        }
        return memory;
    }

    /// <summary>As <see cref="Allocate(ref nuint)"/> from a few MiB on; smaller blocks are aligned to a cache line and not rounded up.</summary>
    public static void* Allocate(nuint bytes) => bytes < 2 * Size ? NativeMemory.AlignedAlloc(bytes, 64) : Allocate(ref bytes);

    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
