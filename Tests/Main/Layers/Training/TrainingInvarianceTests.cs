using NativeFlow.Engine;
using NativeFlow.Layers;
using Xunit;
using Xunit.Sdk;

namespace NativeFlow.Tests;

/// <summary>
/// What training promises for every strategy: the same bits for any number of threads, after any resume and after save and load, and an
/// end with a name when a number is no longer finite. Each check is shown to fail on a strategy that breaks the promise.
/// </summary>
public sealed class TrainingInvarianceTests
{
    // One product of 100 x 160 x 160 is 5 Mflop, more than twice what the product shares out among threads.
    private const int Wide = 160, WideBatch = 100;

    public static TheoryData<string> Strategies => [.. JacobianRegistry.NamesFor(SiteKinds.DenseMatrix)];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Threads_change_no_bit(string name) => RequireSameBitsForThreads(_ => TrainingRun.Named(name));

    [Fact]
    public void A_strategy_that_knows_the_threads_is_caught()
        => Assert.ThrowsAny<XunitException>(() => RequireSameBitsForThreads(threads => () => new BrokenStrategy("threads") { Threads = threads }));

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Resume_changes_no_bit(string name)
    {
        // 500 rows in batches of 30: 16 steps an epoch. The stops are the first step, mid-epoch places, an epoch's end and one after it.
        foreach (long stop in (long[])[1, 9, 16, 17, 29]) RequireSameBitsAfterResume(TrainingRun.Named(name), stop, 41, clip: stop == 29);
    }

    [Fact]
    public void A_strategy_with_state_of_its_own_is_caught()
        => Assert.ThrowsAny<XunitException>(() => RequireSameBitsAfterResume(() => new BrokenStrategy("hidden state"), 9, 41, clip: false));

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Another_seed_gives_other_bits(string name)
    {
        // Guards the comparisons above: state that never moved would be equal too.
        using var run = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1);
        SortedDictionary<string, long[]> start = run.Bits();
        run.RunTo(3);
        SortedDictionary<string, long[]> end = run.Bits();
        foreach (string moved in (string[])["layers.1.weight", "layers.1.bias", "layers.3.weight", "slot0/layers.1.weight", "counter/trainer.step"])
            Assert.False(start[moved].SequenceEqual(end[moved]), $"{moved} did not move");
        if (name.StartsWith("snf-", StringComparison.Ordinal)) Assert.False(start["layers.1.inverse_weight"].SequenceEqual(end["layers.1.inverse_weight"]));
        if (name is "stale-inverse" or "newton-schulz") Assert.False(start["layers.1.cached_inverse"].SequenceEqual(end["layers.1.cached_inverse"]));
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_saved_model_scores_and_samples_with_the_same_bits(string name)
    {
        using var run = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1);
        run.RunTo(20);
        using var folder = new TempFolder();
        run.Flow.Save(folder.At("model.safetensors"));
        using Flow<float> loaded = Flow<float>.Load(folder.At("model.safetensors"));
        var x = new float[24 * 50];
        for (int r = 0; r < 50; r++) run.Data.CopyRow(r, x.AsSpan(r * 24, 24));
        Assert.Equal(run.Flow.LogProb(x), loaded.LogProb(x));
        Assert.All(run.Flow.LogProb(x), v => Assert.True(float.IsFinite(v)));
        foreach (InverseKind inverse in (InverseKind[])[InverseKind.Exact, InverseKind.Learned])
            Assert.Equal(run.Flow.Sample(20, seed: 4, inverse), loaded.Sample(20, seed: 4, inverse));
        Assert.NotEqual(run.Flow.Sample(20, seed: 4), loaded.Sample(20, seed: 5));

        // One number a little off must show, or equality would prove little.
        Var weight = loaded.Store.Find("layers.1.weight");
        double[] values = [.. loaded.Store.Read(weight).Select(v => (double)v)];
        values[5] += 1e-3;
        loaded.Store.Write(weight, values);
        Assert.NotEqual(run.Flow.LogProb(x), loaded.LogProb(x));
        Assert.NotEqual(run.Flow.Sample(20, seed: 4), loaded.Sample(20, seed: 4));
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_value_that_is_not_finite_names_the_layer(string name)
    {
        using var run = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1);
        run.RunTo(2);
        var batch = new float[24 * 30];
        run.Batches.Fill(0, 2, batch);
        ParameterStore<float> store = run.Flow.Store;
        Var bias = store.Find("layers.3.bias");
        foreach (double bad in (double[])[double.NaN, double.PositiveInfinity])
        {
            store.Write(bias, [.. Enumerable.Repeat(bad, 24)]);
            SortedDictionary<string, long[]> before = run.Bits();
            NonFiniteException e = Assert.Throws<NonFiniteException>(() => run.Trainer.Step(batch));
            Assert.Contains("layers.3.linear", e.Message, StringComparison.Ordinal);
            Assert.Contains("Step 2", e.Message, StringComparison.Ordinal);
            Assert.Null(TrainingRun.Difference(WithoutCache(before), WithoutCache(run.Bits())));
            using var folder = new TempFolder();
            Assert.Contains("layers.3.bias", Assert.Throws<NonFiniteException>(() => Checkpoint.Save(run.Trainer, folder.At("c"), "{}")).Message, StringComparison.Ordinal);
            Assert.False(File.Exists(folder.At("c")));
        }
    }

    [Fact]
    public void A_sample_that_is_not_finite_names_the_first_layer()
    {
        using var flow = new Flow<float>([new Linear<float>(4), new Linear<float>(4)], new StandardNormal<float>(4));
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions());
        NonFiniteException e = Assert.Throws<NonFiniteException>(() => trainer.Step([1, 2, float.NaN, 4, 5, 6, 7, 8]));
        Assert.Contains("layers.0.linear", e.Message, StringComparison.Ordinal);
    }

    // A step that is refused has already looked at the cached inverse; parameters and slots are what must not have moved.
    private static SortedDictionary<string, long[]> WithoutCache(SortedDictionary<string, long[]> bits)
        => new(bits.Where(b => !b.Key.Contains("inverse_age") && !b.Key.Contains("cached_inverse") && !b.Key.Contains("norm_vector") && !b.Key.EndsWith(".lu", StringComparison.Ordinal)).ToDictionary(), StringComparer.Ordinal);

    internal static void RequireSameBitsForThreads(Func<int, Func<IJacobianStrategy<float>>> strategy, int steps = 60, Func<int, IJacobianStrategy<float>, IBijector<float>>? layer = null)
    {
        SortedDictionary<string, long[]>? one = null;
        foreach (int threads in (int[])[1, 2, 3])
        {
            using var run = new TrainingRun(strategy(threads), Wide, WideBatch, threads, layer: layer);
            run.RunTo(steps);
            SortedDictionary<string, long[]> bits = run.Bits();
            one ??= bits;
            string? difference = TrainingRun.Difference(one, bits);
            Assert.True(difference is null, $"1 thread against {threads}: {difference}");
        }
    }

    internal static void RequireSameBitsAfterResume(Func<IJacobianStrategy<float>> strategy, long stop, long end, bool clip, Func<int, IJacobianStrategy<float>, IBijector<float>>? layer = null)
    {
        using var folder = new TempFolder();
        string path = folder.At("checkpoint.safetensors");
        using var whole = new TrainingRun(strategy, 24, 30, threads: 1, clip, layer);
        whole.RunTo(end);
        using (var first = new TrainingRun(strategy, 24, 30, threads: 1, clip, layer))
        {
            first.RunTo(stop);
            Checkpoint.Save(first.Trainer, path, "{}");
        }
        using var second = new TrainingRun(strategy, 24, 30, threads: 1, clip, layer);
        Checkpoint.Load(second.Trainer, path);
        Assert.Equal(stop, second.Trainer.State.Step);
        second.RunTo(end);
        string? difference = TrainingRun.Difference(whole.Bits(), second.Bits());
        Assert.True(difference is null, $"stopped after {stop} of {end} steps: {difference}");
    }
}
