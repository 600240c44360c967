namespace NativeFlow.Layers;

/// <summary>How many further terms <see cref="RussianRoulette"/> draws.</summary>
public enum RouletteDistribution
{
    /// <summary>One more with chance 1 - p, again and again: finite variance for ratios of terms below sqrt(1 - p).</summary>
    Geometric,

    /// <summary>Poisson with mean lambda: infinite variance for every series that does not end.</summary>
    Poisson,
}
