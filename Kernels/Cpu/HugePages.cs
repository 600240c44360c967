using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Native memory in whole units of 2 MiB, for which Linux is asked to use huge pages: a matrix walked in panels touches a new 4 KiB page
/// with almost every row, and misses in the translation buffers then cost more than the arithmetic.
/// </summary>
internal static unsafe class HugePages
{
    private const int Size = 2 << 20;
    private const int AdviseHugePage = 14;

    /// <summary>Bytes from which a block is better off here than among small ones.</summary>
    public const int WorthIt = 2 * Size;

    /// <summary>At least <paramref name="bytes"/> bytes, which become what was given.</summary>
    public static void* Allocate(ref nuint bytes)
    {
        bytes = (bytes + Size - 1) & ~(nuint)(Size - 1);
        void* memory = NativeMemory.AlignedAlloc(bytes, Size);

        // A refusal is fine: the memory then has ordinary pages.
        if (OperatingSystem.IsLinux()) _ = Advise(memory, bytes, AdviseHugePage);
        return memory;
    }

    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [DllImport("libc", EntryPoint = "madvise")]
    private static extern int Advise(void* address, nuint length, int advice);
}
