using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every bijector by its recipe name: the one list that loading, tests and pages go through.</summary>
public static class BijectorRegistry
{
    /// <summary>Recipe names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "actnorm",
        "affine",
        "autoregressive",
        "bnaf",
        "coupling",
        "elementwise",
        "iaf-gated",
        "leaky-relu",
        "linear",
        "logit",
        "permutation",
        "rational-quadratic-spline",
        "smooth-leaky-relu",
    ];

    /// <summary>Makes a bijector from its recipe entry.</summary>
    /// <exception cref="BadInputException">Unknown kind; or a property is unknown, missing, of the wrong type or out of range.</exception>
    public static IBijector<T> Create<T>(string kind, JsonElement config) where T : unmanaged, IFloatingPointIeee754<T> => kind switch
    {
        "actnorm" => ActNorm<T>.FromConfig(config),
        "affine" => Affine<T>.FromConfig(config),
        "autoregressive" => Autoregressive<T>.FromConfig(config),
        "bnaf" => Bnaf<T>.FromConfig(config),
        "coupling" => Coupling<T>.FromConfig(config),
        "elementwise" => Elementwise<T>.FromConfig(config),
        "iaf-gated" => IafGated<T>.FromConfig(config),
        "leaky-relu" => LeakyRelu<T>.FromConfig(config),
        "linear" => Linear<T>.FromConfig(config),
        "logit" => Logit<T>.FromConfig(config),
        "permutation" => Permutation<T>.FromConfig(config),
        "rational-quadratic-spline" => RationalQuadraticSpline<T>.FromConfig(config),
        "smooth-leaky-relu" => SmoothLeakyRelu<T>.FromConfig(config),
        _ => throw new BadInputException($"There is no bijector of kind {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}."),
    };
}
