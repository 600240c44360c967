using System.Runtime.InteropServices;
using NativeFlow.Kernels;
using Xunit;

namespace NativeFlow.Tests;

public sealed unsafe class WorkersTests
{
    private sealed class Counting(int pieces) : WorkItem
    {
        public readonly int[] Hits = new int[pieces];

        public override void Execute(int index) => Interlocked.Increment(ref Hits[index]);
    }

    private sealed class Failing(int bad) : WorkItem
    {
        public override void Execute(int index)
        {
            if (index == bad) throw new InvalidDataException($"piece {index}");
        }
    }

    private sealed class Nested(Workers workers) : WorkItem
    {
        public readonly Counting[] Inner = Enumerable.Range(0, 8).Select(_ => new Counting(16)).ToArray();
        public int Foreign;

        public override void Execute(int index)
        {
            workers.Run(new SameThread(this, index, Environment.CurrentManagedThreadId), 16);
        }

        private sealed class SameThread(Nested outer, int outerIndex, int thread) : WorkItem
        {
            public override void Execute(int index)
            {
                outer.Inner[outerIndex].Execute(index);
                if (Environment.CurrentManagedThreadId != thread) Interlocked.Increment(ref outer.Foreign);
            }
        }
    }

    /// <summary>Two pieces that can only end when both run at once.</summary>
    private sealed class Meeting : WorkItem, IDisposable
    {
        private readonly Barrier _barrier = new(2);

        public bool Met = true;

        public override void Execute(int index)
        {
            if (!_barrier.SignalAndWait(TimeSpan.FromSeconds(20))) Met = false;
        }

        public void Dispose() => _barrier.Dispose();
    }

    private sealed class ThreadKinds(int pieces) : WorkItem
    {
        public readonly bool[] Background = new bool[pieces];
        private readonly Barrier _barrier = new(pieces);

        public override void Execute(int index)
        {
            _barrier.SignalAndWait(TimeSpan.FromSeconds(20));
            Background[index] = Thread.CurrentThread.IsBackground;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void EveryPieceRunsOnce(int threads)
    {
        using var workers = new Workers(threads);
        Assert.Equal(threads, workers.Threads);
        for (int round = 0; round < 2000; round++)
        {
            var work = new Counting(round % 9);
            workers.Run(work, work.Hits.Length);
            Assert.All(work.Hits, hits => Assert.Equal(1, hits));
        }
    }

    [Fact]
    public void ThreadsSleepAndWakeAgain()
    {
        using var workers = new Workers(3);
        for (int round = 0; round < 20; round++)
        {
            Thread.Sleep(2);
            var work = new Counting(50);
            workers.Run(work, 50);
            Assert.All(work.Hits, hits => Assert.Equal(1, hits));
        }
    }

    [Fact]
    public void PiecesRunAtTheSameTime()
    {
        using var workers = new Workers(2);
        using var work = new Meeting();
        workers.Run(work, 2);
        Assert.True(work.Met, "the second thread never took a piece");
    }

    [Fact]
    public void ThreadsAreBackgroundThreads()
    {
        using var workers = new Workers(3);
        var work = new ThreadKinds(3);
        bool caller = Thread.CurrentThread.IsBackground;
        workers.Run(work, 3);
        Assert.True(work.Background.Count(b => b) >= (caller ? 3 : 2), "a worker is a foreground thread and would keep the process alive");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ExceptionsReachTheCaller(int threads)
    {
        using var workers = new Workers(threads);
        for (int round = 0; round < 200; round++)
        {
            int bad = round % 16;
            var error = Assert.Throws<InvalidDataException>(() => workers.Run(new Failing(bad), 16));
            Assert.Equal($"piece {bad}", error.Message);
            var work = new Counting(16);
            workers.Run(work, 16);
            Assert.All(work.Hits, hits => Assert.Equal(1, hits));
        }
    }

    [Fact]
    public void NestedRunsAreInline()
    {
        using var workers = new Workers(3);
        var work = new Nested(workers);
        workers.Run(work, 8);
        Assert.All(work.Inner, inner => Assert.All(inner.Hits, hits => Assert.Equal(1, hits)));
        Assert.Equal(0, work.Foreign);
    }

    [Fact]
    public void TwoCallersShareACrew()
    {
        using var workers = new Workers(3);
        int wrong = 0;
        Thread[] callers = Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            for (int round = 0; round < 500; round++)
            {
                var work = new Counting(20);
                workers.Run(work, 20);
                if (work.Hits.Any(hits => hits != 1)) Interlocked.Increment(ref wrong);
            }
        })).ToArray();
        foreach (Thread caller in callers) caller.Start();
        foreach (Thread caller in callers) caller.Join();
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void DisposedCrewRefusesWork()
    {
        var workers = new Workers(2);
        workers.Dispose();
        workers.Dispose();
        Assert.Throws<ObjectDisposedException>(() => workers.Run(new Counting(4), 4));
    }

    /// <summary>Meets all threads of a crew, warms each and adds up what they have allocated so far. The process's total would count the test host too.</summary>
    private sealed class Census(int threads) : WorkItem
    {
        public long Allocated;
        private int _arrived;

        public override void Execute(int index)
        {
            Interlocked.Add(ref Allocated, GC.GetAllocatedBytesForCurrentThread());
            // Two rows and two columns: with one of either it would not be the product under test that is warmed. A transposed B is
            // packed even in the smallest product, so this makes the thread's buffers.
            float* cells = stackalloc float[12];
            Gemm.Run(false, true, 2, 2, 2, 1f, cells, 2, cells + 4, 2, false, cells + 8, 2);
            Interlocked.Increment(ref _arrived);
            while (Volatile.Read(ref _arrived) < threads) Thread.Yield();
        }
    }

    private static long AllocatedByAll(Workers workers, Census census)
    {
        workers.Run(census, workers.Threads);
        return census.Allocated;
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void NoAllocationInThreadedProducts(int threads)
    {
        using var workers = new Workers(threads);
        const int m = 100, n = 300, k = 400;
        float* a = (float*)NativeMemory.AllocZeroed(m * k, sizeof(float));
        float* b = (float*)NativeMemory.AllocZeroed(n * k, sizeof(float));
        float* c = (float*)NativeMemory.AllocZeroed(2 * m * n, sizeof(float));
        var warm = new Census(threads);
        var first = new Census(threads);
        var second = new Census(threads);
        AllocatedByAll(workers, warm);
        Products();
        long before = AllocatedByAll(workers, first);
        for (int i = 0; i < 100; i++) Products();
        long after = AllocatedByAll(workers, second);
        NativeMemory.Free(a);
        NativeMemory.Free(b);
        NativeMemory.Free(c);
        Assert.True(before > 0, "the count sees nothing");
        Assert.Equal(0, after - before);

        void Products()
        {
            Gemm.Run(false, true, m, n, k, 1f, a, k, b, k, false, c, n, workers);
            Gemm.RunBatched(20, false, true, 50, 60, 20, 1f, a, 20, 50 * 20, b, 20, 60 * 20, false, c, 60, 50 * 60, workers);
        }
    }
}
