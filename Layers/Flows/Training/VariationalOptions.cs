using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a <see cref="VariationalTrainer{T}"/> trains.</summary>
public sealed record VariationalOptions
{
    /// <summary>Samples of a step.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Learning rate by step.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant(1e-3);

    /// <summary>Largest 2-norm of the gradient; infinite for no clipping.</summary>
    public double ClipNorm { get; init; } = double.PositiveInfinity;

    /// <summary>Seed of the samples.</summary>
    public ulong Seed { get; init; }

    /// <summary>Refuses what cannot be trained with.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public VariationalOptions Checked()
    {
        if (BatchSize < 1) throw new BadInputException($"The batch size must be 1 or more, it is {BatchSize}.");
        if (!(ClipNorm > 0)) throw new BadInputException($"The largest gradient norm must be more than 0, it is {ClipNorm}.");
        return this;
    }
}
