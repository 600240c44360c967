namespace NativeFlow.Kernels;

/// <summary>All threads of a backend. Works with one thread as well (no thread is then created).</summary>
public sealed class Workers : IDisposable
{
    /// <summary>Creates a crew of <paramref name="threads"/> threads, the caller included.</summary>
    public Workers(int threads) => Threads = Math.Max(1, threads);

    /// <summary>Number of threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs pieces 0..count-1 and returns when all are done.</summary>
    public void Run(WorkItem work, int count)
    {
        for (int i = 0; i < count; i++) work.Execute(i);
    }

    /// <summary>Stops the threads.</summary>
    public void Dispose() { }
}
