using NativeFlow.Layers;
using Xunit;
using Xunit.Sdk;

namespace NativeFlow.Tests;

/// <summary>A training step takes no managed memory after the first ones, and the tape does not grow; for every strategy and with threads.</summary>
[Collection(AloneCollection.Name)]
public sealed class NoAllocationTests
{
    private const int Steps = 100;

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (string name in JacobianRegistry.Names)
                foreach ((int dimension, int threads) in ((int, int)[])[(24, 1), (24, 2), (160, 1), (160, 2)])
                    cases.Add(name, dimension, threads);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_step_allocates_nothing(string name, int dimension, int threads) => Require(TrainingRun.Named(name), dimension, threads);

    [Theory]
    [InlineData("allocates")]
    [InlineData("grows")]
    public void A_strategy_that_takes_memory_is_caught(string fault)
        => Assert.ThrowsAny<XunitException>(() => Require(() => new BrokenStrategy(fault), 24, 1));

    private static void Require(Func<IJacobianStrategy<float>> strategy, int dimension, int threads)
    {
        using var run = new TrainingRun(strategy, dimension, batch: 100, threads, clip: true);
        var batch = new float[100 * dimension];
        run.Batches.Fill(0, 0, batch);
        // The first steps fix the size of everything; after thirty, compiled code has been replaced by its faster form as well.
        for (int i = 0; i < 30; i++) run.Trainer.Step(batch);
        int growths = run.Trainer.TapeGrowths;
        long elements = run.Flow.Backend.AllocatedElements;

        // The process's count takes in the worker threads, but also whatever the test host does on its own threads: an allocation of
        // ours shows in all three windows. The count of this thread is ours alone and must be zero in each.
        long everywhere = long.MaxValue, here = 0;
        for (int window = 0; window < 3; window++)
        {
            long beforeAll = GC.GetTotalAllocatedBytes(precise: true), before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Steps; i++) run.Trainer.Step(batch);
            here += GC.GetAllocatedBytesForCurrentThread() - before;
            everywhere = Math.Min(everywhere, GC.GetTotalAllocatedBytes(precise: true) - beforeAll);
        }
        Assert.True(here == 0, $"{here} bytes allocated in {3 * Steps} steps on the training thread");
        Assert.True(everywhere == 0, $"{everywhere} bytes allocated in {Steps} steps on all threads");
        Assert.Equal(growths, run.Trainer.TapeGrowths);
        Assert.Equal(elements, run.Flow.Backend.AllocatedElements);
    }
}
