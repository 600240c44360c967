using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>A small training run of a latent-variable model on grey levels, as a fresh process would set it up.</summary>
internal sealed class LatentRun : IDisposable
{
    private readonly IBackend<float> _backend;
    private readonly BatchSource<float> _batches;

    public LatentRun(LatentModelKind kind, int threads, ulong seed = 17, int hidden = 12, int columns = 6)
    {
        _backend = new SimdBackend<float>(threads);
        LatentModelOptions options = LatentCase.Options(kind, columns, likelihood: DecoderLikelihoodKind.Bernoulli) with { Hidden = hidden };
        Model = LatentModels.Create(options, _backend);
        Trainer = new LatentTrainer<float>(Model, new Adam<float>(), new LatentTrainerOptions
        {
            BatchSize = 16,
            Epochs = 1000,
            Seed = seed,
            ClipNorm = 5,
            Beta = BetaSchedule.WarmUp(3),
            Radius = new RadiusSchedule(4, 2, 3, 2),
            Schedule = LearningRateSchedule.Constant(1e-2),
        });
        Data = LatentCase.Grey(50, columns);
        _batches = Trainer.Batches(Data);
    }

    public LatentModel<float> Model { get; }

    public LatentTrainer<float> Trainer { get; }

    public Table Data { get; }

    /// <summary>Trains until that many steps are done, through epoch ends.</summary>
    public void RunTo(long step)
    {
        Table validation = Binarization.Threshold(Data.Slice(0, 20));
        while (Trainer.State.Step < step) Trainer.RunEpoch(_batches, validation, report => report.Step + 1 < step);
    }

    /// <inheritdoc cref="TrainingRun.Bits"/>
    public SortedDictionary<string, long[]> Bits() => TrainingRun.Bits(Model.Store, Trainer.State);

    public void Dispose()
    {
        Trainer.Dispose();
        Model.Dispose();
        _backend.Dispose();
    }
}
