using System.Numerics;
using System.Runtime.InteropServices;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Memory of one case: aligned to 64 bytes, large blocks to 2 MiB and marked for huge pages (Linux), the same for every contender.</summary>
internal sealed unsafe partial class BenchMemory : IDisposable
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePage = 14;

    private readonly List<nint> _blocks = [];
    private ulong _key;

    /// <summary>Zeros.</summary>
    public T* Zeros<T>(long count) where T : unmanaged
    {
        nuint bytes = checked((nuint)Math.Max(count, 1) * (nuint)sizeof(T));
        bool huge = bytes >= HugePage;
        void* block = NativeMemory.AlignedAlloc(bytes, huge ? HugePage : 64);
        _blocks.Add((nint)block);
        // Only advice: without huge pages everything still works.
        if (huge && OperatingSystem.IsLinux()) _ = Advise(block, bytes, AdviseHugePage);
        NativeMemory.Clear(block, bytes);
        return (T*)block;
    }

    /// <summary>Standard normal numbers times <paramref name="scale"/>; other ones in every block.</summary>
    public T* Normal<T>(long count, double scale = 1) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* block = Zeros<T>(count);
        // One million numbers, repeated: making more takes longer than measuring.
        int period = (int)Math.Min(count, 1 << 20);
        var first = new Span<T>(block, period);
        RandomFill.Gaussian(++_key, 0, 0, first);
        foreach (ref T v in first) v *= T.CreateTruncating(scale);
        for (long done = period; done < count; done += period) first[..(int)Math.Min(period, count - done)].CopyTo(new Span<T>(block + done, period > count - done ? (int)(count - done) : period));
        return block;
    }

    public void Dispose()
    {
        foreach (nint block in _blocks) NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
