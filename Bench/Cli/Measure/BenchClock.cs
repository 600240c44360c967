using System.Diagnostics;
using System.Runtime.InteropServices;

namespace NativeFlow.Cli;

/// <summary>
/// Seconds. One thread is timed by its own CPU time on Linux, which other programs disturb only through the caches; everything else by the wall clock.
/// </summary>
internal static partial class BenchClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>Whether <see cref="Thread"/> is CPU time.</summary>
    public static bool IsCpuTime { get; } = OperatingSystem.IsLinux();

    /// <summary>What <see cref="Thread"/> reads, in words.</summary>
    public static string Name => IsCpuTime ? "thread CPU time" : "wall clock";

    /// <summary>CPU seconds of the calling thread; the wall clock where the system has no such clock.</summary>
    public static double Thread
    {
        get
        {
            if (!IsCpuTime) return Wall;
            if (ClockGetTime(ThreadCpuTime, out TimeSpec t) != 0) throw new InvalidOperationException("clock_gettime failed.");
            return t.Seconds + (1e-9 * t.Nanoseconds);
        }
    }

    /// <summary>Seconds of the wall clock.</summary>
    public static double Wall => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [SuppressGCTransition]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
