using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a <see cref="FlowTrainer{T}"/> trains. All of it is part of the run's identity: the same options and seed give the same bits.</summary>
public sealed record TrainerOptions
{
    /// <summary>Rows of a training step.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>Passes over the training rows.</summary>
    public int Epochs { get; init; } = 50;

    /// <summary>Learning rate by step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant(1e-3);

    /// <summary>Largest 2-norm of the gradient; infinite for no clipping.</summary>
    public double ClipNorm { get; init; } = double.PositiveInfinity;

    /// <summary>Seed of shuffling, dequantisation noise and probes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether integer data gets fresh uniform noise in every epoch.</summary>
    public bool Dequantize { get; init; } = true;

    /// <summary>Epochs between two validations.</summary>
    public int ValidateEvery { get; init; } = 1;

    /// <summary>
    /// Steps from one reading of losses and norms to the next, 1 or more: a device then waits for the host once in so many steps. The numbers and the model
    /// are the same bits for any; with more than 1, a loss that is not finite is found that much later, when the parameters are spoilt.
    /// </summary>
    public int ReportEvery { get; init; } = 1;

    /// <summary>A penalty on the stretch of the map and of its inverse; null for none.</summary>
    public BiLipschitzPenalty? BiLipschitz { get; init; }

    /// <summary>Refuses what cannot be trained with.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public TrainerOptions Checked()
    {
        if (BatchSize < 1) throw new BadInputException($"The batch size must be 1 or more, it is {BatchSize}.");
        if (Epochs < 1) throw new BadInputException($"The number of epochs must be 1 or more, it is {Epochs}.");
        if (ValidateEvery < 1) throw new BadInputException($"Validation must come every 1 or more epochs, not every {ValidateEvery}.");
        if (ReportEvery < 1) throw new BadInputException($"Steps must be reported every 1 or more of them, not every {ReportEvery}.");
        if (!(ClipNorm > 0)) throw new BadInputException($"The largest gradient norm must be more than 0, it is {ClipNorm}.");
        BiLipschitz?.Check();
        return this;
    }
}
