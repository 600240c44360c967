namespace NativeFlow.Cli;

/// <summary>One way to do the work of a case.</summary>
/// <param name="Name">As in the head of a column.</param>
/// <param name="Time">Does the work so many times and returns the seconds it took.</param>
/// <param name="Here">Whether it runs in this process, where code must first become hot.</param>
internal sealed record BenchContender(string Name, Func<int, double> Time, bool Here = true)
{
    /// <summary>The name of ours, always the first.</summary>
    public const string Ours = "ours";

    /// <summary>Something that runs on the calling thread, timed by its CPU time.</summary>
    public static BenchContender OneThread(string name, Action<int> body) => new(name, times =>
    {
        double start = BenchClock.Thread;
        body(times);
        return BenchClock.Thread - start;
    });

    /// <summary>CPU seconds of so many calls on this thread.</summary>
    public static double Seconds(int times, Action body)
    {
        double start = BenchClock.Thread;
        for (; times > 0; times--) body();
        return BenchClock.Thread - start;
    }

    /// <summary>Something that runs on several threads, timed by the wall clock.</summary>
    public static BenchContender ManyThreads(string name, Action<int> body) => new(name, times =>
    {
        double start = BenchClock.Wall;
        body(times);
        return BenchClock.Wall - start;
    });
}
