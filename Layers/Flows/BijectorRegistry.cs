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
        "batchnorm",
        "cauchy-cdf",
        "circulant",
        "diagonal-low-rank",
        "exp",
        "householder",
        "leaky-relu",
        "learnable-leaky-relu",
        "linear",
        "linear-lu",
        "linear-lu-packed",
        "linear-qr",
        "linear-svd",
        "logit",
        "matrix-exponential",
        "nonlinear-squared",
        "permutation",
        "planar",
        "radial",
        "rational-quadratic-spline",
        "rotation",
        "sigmoid",
        "smooth-leaky-relu",
        "smooth-tanh",
        "sneaky-relu",
        "softplus",
        "sylvester",
        "tanh",
        "triangular",
        "woodbury",
    ];

    /// <summary>Makes a bijector from its recipe entry.</summary>
    /// <exception cref="BadInputException">Unknown kind; or a property is unknown, missing, of the wrong type or out of range.</exception>
    public static IBijector<T> Create<T>(string kind, JsonElement config) where T : unmanaged, IFloatingPointIeee754<T> => kind switch
    {
        "actnorm" => ActNorm<T>.FromConfig(config),
        "affine" => Affine<T>.FromConfig(config),
        "batchnorm" => BatchNorm<T>.FromConfig(config),
        "cauchy-cdf" => CauchyCdf<T>.FromConfig(config),
        "circulant" => Circulant<T>.FromConfig(config),
        "diagonal-low-rank" => DiagonalLowRank<T>.FromConfig(config),
        "exp" => Exp<T>.FromConfig(config),
        "householder" => Householder<T>.FromConfig(config),
        "leaky-relu" => LeakyRelu<T>.FromConfig(config),
        "learnable-leaky-relu" => LearnableLeakyRelu<T>.FromConfig(config),
        "linear" => Linear<T>.FromConfig(config),
        "linear-lu" => LinearLu<T>.FromConfig(config),
        "linear-lu-packed" => LinearLuPacked<T>.FromConfig(config),
        "linear-qr" => LinearQr<T>.FromConfig(config),
        "linear-svd" => LinearSvd<T>.FromConfig(config),
        "logit" => Logit<T>.FromConfig(config),
        "matrix-exponential" => MatrixExponential<T>.FromConfig(config),
        "nonlinear-squared" => NonlinearSquared<T>.FromConfig(config),
        "permutation" => Permutation<T>.FromConfig(config),
        "planar" => Planar<T>.FromConfig(config),
        "radial" => Radial<T>.FromConfig(config),
        "rational-quadratic-spline" => RationalQuadraticSpline<T>.FromConfig(config),
        "rotation" => Rotation<T>.FromConfig(config),
        "sigmoid" => Sigmoid<T>.FromConfig(config),
        "smooth-leaky-relu" => SmoothLeakyRelu<T>.FromConfig(config),
        "smooth-tanh" => SmoothTanh<T>.FromConfig(config),
        "sneaky-relu" => SneakyRelu<T>.FromConfig(config),
        "softplus" => Softplus<T>.FromConfig(config),
        "sylvester" => Sylvester<T>.FromConfig(config),
        "tanh" => Tanh<T>.FromConfig(config),
        "triangular" => Triangular<T>.FromConfig(config),
        "woodbury" => Woodbury<T>.FromConfig(config),
        _ => throw new BadInputException($"There is no bijector of kind {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}."),
    };
}
