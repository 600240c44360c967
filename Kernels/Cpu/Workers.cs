using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace NativeFlow.Kernels;

/// <summary>
/// All threads of a backend. Works with one thread as well (no thread is then created).
/// Pieces are taken from a shared counter, so a caller finishes alone when no other thread gets a core.
/// </summary>
public sealed class Workers : IDisposable
{
    /// <summary>Set in <see cref="_inside"/> while no run is open; the lower bits count the threads working on the open run.</summary>
    private const int Closed = 1 << 30;

    /// <summary>Longer spinning takes the core from others on a shared machine; shorter pays a kernel call per product.</summary>
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

    [ThreadStatic]
    private static int t_depth;

    private readonly Thread[] _threads;
    private readonly object _sleep = new();
    private readonly object _finish = new();
    private int _sleepers;
    private int _generation;
    private int _inside = Closed;
    private int _busy;
    private bool _stop;

    // The open run. Written by its caller before the gate opens, stable until the last thread has left.
    private WorkItem? _work;
    private int _count;
    private int _next;
    private ExceptionDispatchInfo? _error;

    /// <summary>Creates a crew of <paramref name="threads"/> threads, the caller included; fewer than one counts as one.</summary>
    public Workers(int threads)
    {
        Threads = Math.Max(1, threads);
        _threads = new Thread[Threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Loop) { IsBackground = true, Name = $"NativeFlow worker {i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>Number of threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>
    /// Runs pieces 0..count-1 and returns when all are done. Runs inline, in order, on one thread, from inside a piece, or while another
    /// thread uses this crew. When a piece throws, no further pieces are started and the first exception is thrown here. Allocates nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The crew was disposed.</exception>
    public void Run(WorkItem work, int count)
    {
        ArgumentNullException.ThrowIfNull(work);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _stop), this);
        if (Threads == 1 || count <= 1 || t_depth > 0 || Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            for (int i = 0; i < count; i++) work.Execute(i);
            return;
        }
        _work = work;
        _count = count;
        _next = 0;
        Volatile.Write(ref _inside, 0);
        Interlocked.Increment(ref _generation);
        if (Volatile.Read(ref _sleepers) > 0)
            lock (_sleep) Monitor.PulseAll(_sleep);
        TakePieces();
        Interlocked.Or(ref _inside, Closed);
        WaitUntilLeft();
        _work = null;
        ExceptionDispatchInfo? error = _error;
        _error = null;
        Volatile.Write(ref _busy, 0);
        error?.Throw();
    }

    /// <summary>Stops the threads and waits for them. Not allowed from inside a piece.</summary>
    /// <exception cref="InvalidOperationException">Called from inside a piece.</exception>
    public void Dispose()
    {
        if (t_depth > 0) throw new InvalidOperationException("Workers.Dispose was called from inside a piece; dispose the crew after Run has returned.");
        Volatile.Write(ref _stop, true);
        lock (_sleep) Monitor.PulseAll(_sleep);
        foreach (Thread thread in _threads) thread.Join();
    }

    private void TakePieces()
    {
        t_depth++;
        try
        {
            WorkItem work = _work!;
            int count = _count;
            for (int i; (i = Interlocked.Increment(ref _next) - 1) < count;) work.Execute(i);
        }
        catch (Exception e)
        {
            // Kept for the caller, who throws it from Run.
            Interlocked.CompareExchange(ref _error, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref _next, _count);
        }
        finally
        {
            t_depth--;
        }
    }

    private void WaitUntilLeft()
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _inside) != Closed)
        {
            if (Stopwatch.GetTimestamp() - start < SpinTicks)
            {
                Thread.SpinWait(8);
                continue;
            }
            lock (_finish)
                while (Volatile.Read(ref _inside) != Closed) Monitor.Wait(_finish);
        }
    }

    private void Loop()
    {
        int seen = 0;
        while (WaitForRun(ref seen))
        {
            if (!TryEnter()) continue;
            TakePieces();
            if (Interlocked.Decrement(ref _inside) == Closed)
                lock (_finish) Monitor.Pulse(_finish);
        }
    }

    /// <summary>A thread that comes after the caller has closed the run stays outside, so a run's fields are never read late.</summary>
    private bool TryEnter()
    {
        while (true)
        {
            int inside = Volatile.Read(ref _inside);
            if ((inside & Closed) != 0) return false;
            if (Interlocked.CompareExchange(ref _inside, inside + 1, inside) == inside) return true;
        }
    }

    private bool WaitForRun(ref int seen)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() - start < SpinTicks)
        {
            if (Volatile.Read(ref _stop)) return false;
            if (Volatile.Read(ref _generation) != seen)
            {
                seen = Volatile.Read(ref _generation);
                return true;
            }
            Thread.SpinWait(8);
        }
        lock (_sleep)
        {
            // The full fence pairs with the one in Run: either Run sees the sleeper, or the sleeper sees the new generation.
            Interlocked.Increment(ref _sleepers);
            while (Volatile.Read(ref _generation) == seen && !Volatile.Read(ref _stop)) Monitor.Wait(_sleep);
            Interlocked.Decrement(ref _sleepers);
            seen = Volatile.Read(ref _generation);
        }
        return !Volatile.Read(ref _stop);
    }
}
