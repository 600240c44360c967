using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a <see cref="LatentTrainer{T}"/> trains. All of it is part of the run's identity: the same options and seed give the same bits.</summary>
public sealed record LatentTrainerOptions
{
    /// <summary>Rows of a training step.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>Passes over the training rows.</summary>
    public int Epochs { get; init; } = 50;

    /// <summary>Learning rate by step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant(1e-3);

    /// <summary>Largest 2-norm of the gradient; infinite for no clipping.</summary>
    public double ClipNorm { get; init; } = double.PositiveInfinity;

    /// <summary>Seed of shuffling, draws of the latent and binarisation.</summary>
    public ulong Seed { get; init; }

    /// <summary>Weight of the divergence.</summary>
    public BetaSchedule Beta { get; init; } = BetaSchedule.Constant();

    /// <summary>Radius of a hyperbolic model.</summary>
    public RadiusSchedule Radius { get; init; } = RadiusSchedule.None;

    /// <summary>Whether the divergence is taken in closed form where there is one (a normal posterior without a flow), otherwise by the draw.</summary>
    public bool AnalyticDivergence { get; init; } = true;

    /// <summary>Whether rows that do not fill a last batch make a smaller one; otherwise they come in another epoch's order.</summary>
    public bool KeepLastBatch { get; init; } = true;

    /// <summary>Epochs between two validations.</summary>
    public int ValidateEvery { get; init; } = 1;

    /// <summary>Refuses what cannot be trained with.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public LatentTrainerOptions Checked()
    {
        if (BatchSize < 1) throw new BadInputException($"The batch size must be 1 or more, it is {BatchSize}.");
        if (Epochs < 1) throw new BadInputException($"The number of epochs must be 1 or more, it is {Epochs}.");
        if (ValidateEvery < 1) throw new BadInputException($"Validation must come every 1 or more epochs, not every {ValidateEvery}.");
        if (!(ClipNorm > 0)) throw new BadInputException($"The largest gradient norm must be more than 0, it is {ClipNorm}.");
        Beta.Check();
        Radius.Check();
        return this;
    }
}
