using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How a <see cref="GraphTrainer{T}"/> trains.</summary>
public sealed record GraphTrainerOptions
{
    /// <summary>Learning rate.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>Factor on the divergence, which is weighted by 1 / nodes besides.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Share of the hidden units that are left out in a step; the others are scaled up.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Share of the training edges that the encoder does not see in a step, while the decoder must still find them: then it learns what held-out edges ask for.
    /// On a tree a held-out edge cuts the tree, and without this no training edge is like it.
    /// </summary>
    public double EdgeDropout { get; init; }

    /// <summary>Epochs between two looks at the validation edges.</summary>
    public int EvaluateEvery { get; init; } = 10;

    /// <summary>Seed of noise, negatives and dropout.</summary>
    public ulong Seed { get; init; }

    /// <summary>Refuses what cannot be.</summary>
    /// <exception cref="BadInputException">A value is out of range.</exception>
    public GraphTrainerOptions Checked()
    {
        if (!(LearningRate > 0 && double.IsFinite(LearningRate))) throw new BadInputException($"The learning rate is {LearningRate}; it must be above 0 and finite.");
        if (!(Beta >= 0 && double.IsFinite(Beta))) throw new BadInputException($"beta is {Beta}; it must be 0 or more, and finite.");
        if (!(Dropout >= 0 && Dropout < 1)) throw new BadInputException($"Dropout is {Dropout}; it must be from 0 to below 1.");
        if (!(EdgeDropout >= 0 && EdgeDropout < 1)) throw new BadInputException($"Edge dropout is {EdgeDropout}; it must be from 0 to below 1.");
        if (EvaluateEvery < 1) throw new BadInputException($"The model is to be evaluated every {EvaluateEvery} epochs; it must be every 1 or more.");
        return this;
    }
}
