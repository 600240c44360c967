using System.Globalization;
using System.Runtime.InteropServices;

namespace NativeFlow.Cli;

/// <summary>Ties the calling thread, and what it starts later, to one core (Linux); gives the former set back when disposed.</summary>
internal sealed partial class BenchCore : IDisposable
{
    private const int MaskWords = 16;

    private readonly ulong[]? _former;
    private readonly ulong[]? _pinned;

    private BenchCore(int core, ulong[]? former, ulong[]? pinned, string about)
    {
        (Core, _former, _pinned, About) = (core, former, pinned, about);
    }

    /// <summary>The core, or -1 when the thread may wander.</summary>
    public int Core { get; }

    /// <summary>In words.</summary>
    public string About { get; }

    /// <summary>Pins to <paramref name="wanted"/>, or with -1 to the last core this thread may use.</summary>
    /// <exception cref="NativeFlow.Engine.BadInputException">The core asked for is not allowed.</exception>
    public static BenchCore Pin(int wanted)
    {
        if (!OperatingSystem.IsLinux())
        {
            return wanted < 0 ? Free("not pinned (only Linux is)") : throw new Engine.BadInputException($"--core {wanted}: threads are pinned on Linux only; leave the option out.");
        }

        var former = new ulong[MaskWords];
        if (GetAffinity(0, MaskWords * sizeof(ulong), former) < 0) return Free("not pinned (the system refused to tell the allowed cores)");
        int[] allowed = [.. Enumerable.Range(0, MaskWords * 64).Where(c => (former[c / 64] >> (c % 64) & 1) != 0)];
        if (wanted >= 0 && !allowed.Contains(wanted))
            throw new Engine.BadInputException($"--core {wanted}: this process may use only {string.Join(", ", allowed.Select(c => c.ToString(CultureInfo.InvariantCulture)))}.");
        int core = wanted >= 0 ? wanted : allowed[^1];
        var mask = new ulong[MaskWords];
        mask[core / 64] = 1UL << (core % 64);
        return SetAffinity(0, MaskWords * sizeof(ulong), mask) == 0 ? new BenchCore(core, former, mask, $"pinned to core {core}") : Free("not pinned (the system refused)");
    }

    /// <summary>Leaves the thread where it is.</summary>
    public static BenchCore Free(string about) => new(-1, null, null, about);

    /// <summary>Lets the thread wander for a while: threads that the runtime starts now (the one that replaces quick code) get a core of their own.</summary>
    public void Loosen() => Set(_former);

    /// <summary>Ends <see cref="Loosen"/>.</summary>
    public void Tighten() => Set(_pinned);

    public void Dispose() => Set(_former);

    private static void Set(ulong[]? mask)
    {
        if (mask is not null && SetAffinity(0, MaskWords * sizeof(ulong), mask) != 0) throw new InvalidOperationException("The set of cores could not be changed.");
    }

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int process, nint bytes, [Out] ulong[] mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int process, nint bytes, ulong[] mask);
}
