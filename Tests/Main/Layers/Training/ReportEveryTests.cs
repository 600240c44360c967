using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Losses and norms read every k steps: the same bits as read every step, at most k steps late, and nothing read in between.</summary>
public sealed class ReportEveryTests
{
    public static TheoryData<string> Strategies => ["exact-lu", "snf-published", "snf-published-probes", "snf-reconstruction", "relative", "stale-inverse", "newton-schulz"];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Every_number_and_every_bit_is_that_of_a_report_a_step(string name)
    {
        // 16 steps an epoch: groups of 7 end inside it, and the last is cut short.
        using var each = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1, clip: true);
        using var seldom = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1, clip: true, reportEvery: 7);
        (List<StepReport> steps, List<EpochReport> epochs) = each.RunEpochs(2);
        (List<StepReport> later, List<EpochReport> laterEpochs) = seldom.RunEpochs(2);
        Assert.Equal(32, steps.Count);
        Assert.Equal(steps, later);
        Assert.Equal(epochs, laterEpochs);
        Assert.Contains(steps, s => s.GradientNorm > 5);
        Assert.Null(TrainingRun.Difference(each.Bits(), seldom.Bits()));
    }

    [Fact]
    public void A_resumed_run_ends_with_the_same_bits()
    {
        foreach (long stop in (long[])[3, 7, 16, 20])
        {
            using var folder = new TempFolder();
            string path = folder.At("checkpoint.safetensors");
            using var whole = new TrainingRun(TrainingRun.Named("snf-published"), 24, 30, threads: 1, reportEvery: 7);
            whole.RunEpochs(3);
            using (var first = new TrainingRun(TrainingRun.Named("snf-published"), 24, 30, threads: 1, reportEvery: 7))
            {
                first.RunTo(stop);
                // Stops where it is told of the step: up to six steps later.
                Assert.InRange(first.Trainer.State.Step, stop, stop + 6);
                Checkpoint.Save(first.Trainer, path, "{}");
            }
            // Read every step from there on: the setting is no part of the run.
            using var second = new TrainingRun(TrainingRun.Named("snf-published"), 24, 30, threads: 1, reportEvery: stop == 7 ? 1 : 7);
            Checkpoint.Load(second.Trainer, path);
            while (second.Trainer.State.Epoch < 3) second.RunEpochs(1);
            Assert.Null(TrainingRun.Difference(whole.Bits(), second.Bits()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_loss_that_is_not_finite_is_found_late_and_says_so(bool clip)
    {
        using var run = new TrainingRun(TrainingRun.Named("exact-lu"), 24, 30, threads: 1, clip, reportEvery: 10);
        run.RunTo(10);
        Assert.Equal(10, run.Trainer.State.Step);
        Var bias = run.Flow.Store.Find("layers.3.bias");
        run.Flow.Store.Write(bias, [.. Enumerable.Repeat(double.NaN, 24)]);
        NonFiniteException e = Assert.Throws<NonFiniteException>(() => run.RunTo(20));
        Assert.Contains("Step 10: the loss is NaN, found after step 15", e.Message, StringComparison.Ordinal);
        Assert.Contains("between steps 10 and 15", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void Nothing_is_read_between_two_reports(string name)
    {
        var backend = new CountingBackend<float>(new SimdBackend<float>(1), asynchronous: true);
        using var run = new TrainingRun(TrainingRun.Named(name), 24, 30, threads: 1, clip: true, reportEvery: 8, backend: backend);
        run.RunTo(8);
        List<long> reads = [];
        long before = backend.Reads;
        run.Trainer.RunEpoch(run.Batches, null, report =>
        {
            if (report.Step % 8 == 0) reads.Add(backend.Reads - before);
            return true;
        });
        // One transfer of the numbers, one of what checks found.
        Assert.Equal([2], reads);
    }

    [Fact]
    public void What_a_check_finds_in_training_is_thrown_at_the_report()
    {
        var backend = new CountingBackend<float>(new SimdBackend<float>(1), asynchronous: true);
        using var flow = new Flow<float>([new Logit<float>(2), new Linear<float>(2)], new StandardNormal<float>(2), backend: backend);
        using var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = 2, ReportEvery = 3, Epochs = 9 });
        var rows = Table.FromDoubles("rows", 12, 2, [.. Enumerable.Range(0, 24).Select(i => i == 17 ? 1.5 : 0.25 + (i / 100.0))]);
        var batches = new BatchSource<float>(rows, 2, 1, dequantize: false);
        OutsideDomainException late = Assert.Throws<OutsideDomainException>(() => trainer.RunEpoch(batches, null));
        Assert.Matches(@"^layers\.0\.logit\.logit: row [01], column 1 is 1\.5, outside ", late.Message);
        Assert.Equal(0, trainer.State.Step % 3);

        // The same words as at once, on a backend that waits.
        using var cpu = new SimdBackend<float>(1);
        using var other = new Flow<float>([new Logit<float>(2), new Linear<float>(2)], new StandardNormal<float>(2), backend: cpu);
        using var second = new FlowTrainer<float>(other, new Adam<float>(), new TrainerOptions { BatchSize = 2, Epochs = 9 });
        Assert.Equal(Assert.Throws<OutsideDomainException>(() => second.RunEpoch(batches, null)).Message, late.Message);
        // And at once in evaluation.
        Assert.Throws<OutsideDomainException>(() => flow.LogProb([0.5f, 1.5f]));
    }

    [Fact]
    public void It_must_be_a_number_of_steps()
        => Assert.Contains("every 1 or more", Assert.Throws<BadInputException>(() => new TrainerOptions { ReportEvery = 0 }.Checked()).Message, StringComparison.Ordinal);
}
