using NativeFlow.Layers;
using Xunit;
using Xunit.Sdk;

namespace NativeFlow.Tests;

/// <summary>A training step takes no managed memory after the first ones, and the tape does not grow; for every strategy and with threads.</summary>
[Collection(AloneCollection.Name)]
public sealed class NoAllocationTests
{
    private const int Windows = 30, StepsPerWindow = 10;

    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            foreach (string name in JacobianRegistry.NamesFor(SiteKinds.DenseMatrix))
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
    [InlineData("allocates on another thread")]
    [InlineData("grows")]
    public void A_strategy_that_takes_memory_is_caught(string fault)
    {
        using var other = new OtherThread(() => new float[1]);
        Assert.ThrowsAny<XunitException>(() => Require(() => new BrokenStrategy(fault) { Other = other }, 24, 1));
    }

    internal static void Require(Func<IJacobianStrategy<float>> strategy, int dimension, int threads, Func<int, IJacobianStrategy<float>, IBijector<float>>? layer = null)
    {
        using var run = new TrainingRun(strategy, dimension, batch: 100, threads, clip: true, layer);
        var batch = new float[100 * dimension];
        run.Batches.Fill(0, 0, batch);
        // The first steps fix the size of everything; after thirty, compiled code has been replaced by its faster form as well.
        for (int i = 0; i < 30; i++) run.Trainer.Step(batch);
        // The estimators' steps are long: ten of them would always meet what the test host does a few times a second.
        int steps = strategy() is BlockEstimate<float> ? 1 : StepsPerWindow;
        if (strategy() is BlockEstimate<float> { Estimator: RouletteLogDet<float> or NeumannLogDet<float> })
        {
            // A series of random length takes memory whenever it is longer than any before: the same steps again must take none.
            using var folder = new TempFolder();
            Checkpoint.Save(run.Trainer, folder.At("start"), "{}");
            for (int i = 0; i < Windows * steps; i++) run.Trainer.Step(batch);
            Checkpoint.Load(run.Trainer, folder.At("start"));
            for (int i = 0; i < 2; i++) run.Trainer.Step(batch);
            Checkpoint.Load(run.Trainer, folder.At("start"));
        }

        int growths = run.Trainer.TapeGrowths;
        long elements = run.Flow.Backend.AllocatedElements;

        // The count of this thread is ours alone and must stay at zero through all 300 steps. The count of the process takes in the worker
        // threads, which work in every step, but also whatever the test host does beside us, now and then: ours would show in every window.
        long everywhere = long.MaxValue, here = 0;
        for (int window = 0; window < Windows; window++)
        {
            long beforeAll = GC.GetTotalAllocatedBytes(precise: true), before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < steps; i++) run.Trainer.Step(batch);
            here += GC.GetAllocatedBytesForCurrentThread() - before;
            everywhere = Math.Min(everywhere, GC.GetTotalAllocatedBytes(precise: true) - beforeAll);
        }
        Assert.True(here == 0, $"{here} bytes allocated in {Windows * steps} steps on the training thread");
        Assert.True(everywhere == 0, $"at least {everywhere} bytes allocated in each {steps} steps on all threads");
        Assert.Equal(growths, run.Trainer.TapeGrowths);
        Assert.Equal(elements, run.Flow.Backend.AllocatedElements);
    }
}
