namespace NativeFlow.Layers;

/// <summary>Settings of a <see cref="HierarchyEmbedding"/>.</summary>
public sealed record EmbeddingOptions
{
    /// <summary>Dimension of the hyperbolic space, 2 or more.</summary>
    public int Dimension { get; init; } = 2;

    /// <summary>R of the space; K = -1/R^2.</summary>
    public double Radius { get; init; } = 1;

    /// <summary>Nodes unrelated to the child that each related pair is set against.</summary>
    public int Negatives { get; init; } = 50;

    /// <summary>Length of a step against the gradient of one pair's loss.</summary>
    public double LearningRate { get; init; } = 0.05;

    /// <summary>Epochs at the start with a tenth of the rate, in which the nodes find their directions; half of all is a good share.</summary>
    public int BurnIn { get; init; } = 250;

    /// <summary>Pairs whose gradients are summed into one step.</summary>
    public int Batch { get; init; } = 10;

    /// <summary>Key of all random numbers.</summary>
    public ulong Seed { get; init; }
}
