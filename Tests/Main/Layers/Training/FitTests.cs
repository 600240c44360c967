using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

public sealed class FitTests
{
    [Fact]
    public void Fit_is_RunEpoch_to_the_end_and_then_the_best_model()
    {
        using Setup byHand = new(epochs: 4), fitted = new(epochs: 4);
        var batches = new BatchSource<float>(byHand.Train, 50, 9, dequantize: true);
        while (byHand.Trainer.State.Epoch < 4) byHand.Trainer.RunEpoch(batches, byHand.Validation);
        byHand.Trainer.State.RestoreBest();
        var reports = new List<EpochReport>();
        fitted.Trainer.Fit(fitted.Train, fitted.Validation, reports.Add);
        Assert.Equal([1, 2, 3, 4], reports.Select(r => r.Epoch));
        Assert.Equal(byHand.Weights(), fitted.Weights());
        double best = LikelihoodEvaluation.Run(fitted.Flow, fitted.Validation, 1, SeedMix.Of(9, 3)).Nats;
        Assert.Equal(reports.Max(r => r.Validation!.Value.Nats), best);
    }

    [Fact]
    public void Fit_goes_on_from_where_training_stands_and_stops_when_asked()
    {
        using Setup whole = new(epochs: 3), parts = new(epochs: 3);
        whole.Trainer.Fit(whole.Train);
        using var stop = new CancellationTokenSource();
        parts.Trainer.Fit(parts.Train, onEpoch: r => { if (r.Epoch == 1) stop.Cancel(); }, cancel: stop.Token);
        Assert.Equal(1, parts.Trainer.State.Epoch);
        parts.Trainer.Fit(parts.Train);
        Assert.Equal(3, parts.Trainer.State.Epoch);
        Assert.Equal(whole.Weights(), parts.Weights());
    }

    [Fact]
    public void Another_number_of_columns_is_refused()
    {
        using Setup setup = new(epochs: 1);
        TempFolder.AssertBadInput(() => setup.Trainer.Fit(TrainingRun.Sample(7)), "7 columns", "6 features");
    }

    private sealed class Setup : IDisposable
    {
        public Setup(int epochs)
        {
            Flow = new Flow<float>([new Linear<float>(6)], new StandardNormal<float>(6), seed: 2, new SimdBackend<float>(1));
            // A rate at which the last epoch is not the best one for sure is what makes RestoreBest visible.
            Trainer = new FlowTrainer<float>(Flow, new Adam<float>(), new TrainerOptions { BatchSize = 50, Epochs = epochs, Seed = 9, Schedule = LearningRateSchedule.Constant(0.2) });
            Table all = TrainingRun.Sample(6);
            (Train, Validation) = (all.Slice(0, 400), all.Slice(400, 100));
        }

        public Flow<float> Flow { get; }

        public FlowTrainer<float> Trainer { get; }

        public Table Train { get; }

        public Table Validation { get; }

        public float[] Weights() => Flow.Store.Read(Flow.Store.Find("layers.0.weight"));

        public void Dispose()
        {
            Trainer.Dispose();
            IBackend<float> backend = Flow.Backend;
            Flow.Dispose();
            backend.Dispose();
        }
    }
}
