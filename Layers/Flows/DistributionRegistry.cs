using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every distribution by its recipe name.</summary>
public static class DistributionRegistry
{
    /// <summary>Recipe names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "cauchy",
        "diagonal-gaussian-mixture",
        "diagonal-normal",
        "discretized-logistic",
        "full-gaussian-mixture",
        "full-normal-covariance",
        "full-normal-scale-tril",
        "gumbel",
        "laplace",
        "logistic",
        "logistic-mixture",
        "riemannian-normal",
        "standard-normal",
        "student-t",
        "uniform-sphere",
        "uniform-torus",
        "wrapped-normal",
        "wrapped-normal-mixture",
    ];

    /// <summary>Makes a distribution from its recipe entry.</summary>
    /// <exception cref="BadInputException">Unknown kind, or a property is missing or out of range.</exception>
    public static IDistribution<T> Create<T>(JsonElement config) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string kind = new ConfigReader("base", config).String("kind");
        return kind switch
        {
            "cauchy" => Cauchy<T>.FromConfig(config),
            "diagonal-gaussian-mixture" => DiagonalGaussianMixture<T>.FromConfig(config),
            "diagonal-normal" => DiagonalNormal<T>.FromConfig(config),
            "discretized-logistic" => DiscretizedLogistic<T>.FromConfig(config),
            "full-gaussian-mixture" => FullGaussianMixture<T>.FromConfig(config),
            "full-normal-covariance" => FullNormalCovariance<T>.FromConfig(config),
            "full-normal-scale-tril" => FullNormalScaleTril<T>.FromConfig(config),
            "gumbel" => Gumbel<T>.FromConfig(config),
            "laplace" => Laplace<T>.FromConfig(config),
            "logistic" => Logistic<T>.FromConfig(config),
            "logistic-mixture" => LogisticMixture<T>.FromConfig(config),
            "riemannian-normal" => RiemannianNormal<T>.FromConfig(config),
            "standard-normal" => StandardNormal<T>.FromConfig(config),
            "student-t" => StudentT<T>.FromConfig(config),
            "uniform-sphere" => UniformSphere<T>.FromConfig(config),
            "uniform-torus" => UniformTorus<T>.FromConfig(config),
            "wrapped-normal" => WrappedNormal<T>.FromConfig(config),
            "wrapped-normal-mixture" => WrappedNormalMixture<T>.FromConfig(config),
            _ => throw new BadInputException($"There is no base distribution {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}."),
        };
    }
}
