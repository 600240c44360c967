using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every base distribution by its recipe name.</summary>
public static class DistributionRegistry
{
    /// <summary>Recipe names.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["discretized-logistic", "standard-normal"];

    /// <summary>Makes a base distribution from its recipe entry.</summary>
    /// <exception cref="BadInputException">Unknown kind, or a property is missing or out of range.</exception>
    public static IDistribution<T> Create<T>(JsonElement config) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var reader = new ConfigReader("base", config);
        string kind = reader.String("kind");
        if (kind == "discretized-logistic") return DiscretizedLogistic<T>.FromConfig(config);
        if (kind != "standard-normal") throw new BadInputException($"There is no base distribution {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}.");
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new StandardNormal<T>(dimension));
    }
}
