using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every transformer by its recipe name: the one list that loading, tests and pages go through.</summary>
public static class TransformerRegistry
{
    /// <summary>Recipe names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "additive",
        "affine",
        "bernstein",
        "bernstein-bounded",
        "circular-spline",
        "cubic-spline",
        "ddsf",
        "dsf",
        "gaussianization",
        "integer-additive",
        "linear-spline",
        "logistic-mixture-cdf",
        "mixture-logistic",
        "monotone-mlp",
        "normal-mixture-cdf",
        "quadratic-spline",
        "rational-quadratic",
        "rational-quadratic-bounded",
        "rational-quadratic-soft-clip",
        "sum-of-squares",
        "umnn",
    ];

    /// <summary>Makes a transformer from its recipe entry, such as <c>{"kind":"affine"}</c>.</summary>
    /// <exception cref="BadInputException">Unknown kind; or a property is unknown, missing, of the wrong type or out of range.</exception>
    public static ITransformer<T> Create<T>(JsonElement config) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string kind = ConfigReader.KindOf("transformer", config);
        return kind switch
        {
            "additive" => AdditiveTransformer<T>.FromConfig(config),
            "affine" => AffineTransformer<T>.FromConfig(config),
            "bernstein" => BernsteinTransformer<T>.FromConfig(config, bounded: false),
            "bernstein-bounded" => BernsteinTransformer<T>.FromConfig(config, bounded: true),
            "circular-spline" => CircularSplineTransformer<T>.FromConfig(config),
            "cubic-spline" => CubicSplineTransformer<T>.FromConfig(config),
            "ddsf" => DenseSigmoidTransformer<T>.FromConfig(config),
            "dsf" => DeepSigmoidTransformer<T>.FromConfig(config),
            "gaussianization" => GaussianizationTransformer<T>.FromConfig(config),
            "integer-additive" => IntegerAdditiveTransformer<T>.FromConfig(config),
            "linear-spline" => LinearSplineTransformer<T>.FromConfig(config),
            "logistic-mixture-cdf" => MixtureCdfTransformer<T>.FromConfig(config, normal: false),
            "mixture-logistic" => MixtureLogisticTransformer<T>.FromConfig(config),
            "monotone-mlp" => MonotoneMlpTransformer<T>.FromConfig(config),
            "normal-mixture-cdf" => MixtureCdfTransformer<T>.FromConfig(config, normal: true),
            "quadratic-spline" => QuadraticSplineTransformer<T>.FromConfig(config),
            "rational-quadratic" => RationalQuadraticTransformer<T>.FromConfig(config),
            "rational-quadratic-bounded" => RationalQuadraticBoundedTransformer<T>.FromConfig(config),
            "rational-quadratic-soft-clip" => RationalQuadraticSoftClipTransformer<T>.FromConfig(config),
            "sum-of-squares" => SumOfSquaresTransformer<T>.FromConfig(config),
            "umnn" => UmnnTransformer<T>.FromConfig(config),
            _ => throw new BadInputException($"There is no transformer of kind {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}."),
        };
    }

    /// <summary>Writes the whole entry, braces and kind included.</summary>
    public static void Write<T>(Utf8JsonWriter json, string property, ITransformer<T> transformer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        json.WriteStartObject(property);
        json.WriteString("kind", transformer.Kind);
        transformer.WriteConfig(json);
        json.WriteEndObject();
    }
}
