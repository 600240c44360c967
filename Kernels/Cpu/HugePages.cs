using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>
/// Native memory, aligned, large blocks on large pages where the system grants them: a matrix of 3072 columns walked down its columns
/// would otherwise miss the translation cache at every row.
/// </summary>
internal static unsafe partial class HugePages
{
    private const nuint Page = 2 << 20;

    private const int AdviseHugePage = 14;

    private static bool s_advise = OperatingSystem.IsLinux();

    /// <summary>Memory for <paramref name="bytes"/>, aligned to a cache line at least; contents undefined. Free it with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static void* Allocate(nuint bytes)
    {
        if (bytes < 2 * Page || !s_advise) return NativeMemory.AlignedAlloc(bytes, 64);
        void* block = NativeMemory.AlignedAlloc(bytes, Page);
        try
        {
            // Advice: a system that does not take it serves small pages, and nothing but speed changes.
            _ = Advise(block, bytes / Page * Page, AdviseHugePage);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            s_advise = false;
        }
        return block;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
