using System.Text.Json.Nodes;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>A model by name with the training settings that suit it; every number can be overridden by an option.</summary>
/// <param name="Name">As given to <c>--model</c>.</param>
/// <param name="About">One line for the help text.</param>
/// <param name="Strategy">Jacobian strategy of its linear layers; null leaves them at their own, exact one.</param>
/// <param name="Layers">Kinds of the layers after the preprocessing.</param>
/// <param name="Recipe">Makes the layers that follow for so many features; null where <paramref name="Layers"/> says all.</param>
internal sealed record Preset(string Name, string About, string? Strategy, IReadOnlyList<string> Layers, Func<int, JsonArray>? Recipe = null)
{
    /// <summary>Learning rate; null for the general rule.</summary>
    public double? Rate { get; init; }

    /// <summary>Weight of the reconstruction penalty of a learned inverse; null for the general rule.</summary>
    public double? Lambda { get; init; }

    /// <summary>Makes the layers that follow for images of a shape; null for flows of vectors.</summary>
    public Func<ImageShape, JsonArray>? Images { get; init; }

    /// <summary>Makes the base distribution for so many features; null for a standard normal.</summary>
    public Func<int, JsonObject>? Base { get; init; }

    /// <summary>Refuses data that the model cannot take; null where any will do.</summary>
    public Action<DataSet>? Check { get; init; }

    /// <summary>A flow of networks: larger batches and a clipped gradient.</summary>
    public bool IsDeep => Recipe is not null;
}

/// <summary>All default numbers of <c>train</c>, in one place.</summary>
internal static class Presets
{
    public const string DefaultData = "optdigits";

    public static string DefaultModel(int dimension, int levels) => levels > 0 && dimension > 128 ? "snf-fc2-standardized" : "snf-fc2";

    /// <summary>Adam's scaling of single coordinates destroys what the relative gradient is for; that one takes SGD with momentum and a clipped norm.</summary>
    public static string Optimizer(string? strategy) => strategy == "relative" ? """{"name":"sgd","momentum":0.9}""" : "adam";

    public static string? Clip(string? strategy) => strategy == "relative" ? "5" : null;

    public const double SmoothLeakyReluSlope = 0.3;
    public const int SplineBins = 8;
    public const double SplineBound = 5;
    /// <summary>Dequantisation draws of a test likelihood, and the key of their noise: the same for every model, so that numbers compare.</summary>
    public const int TestDraws = 3;
    public const ulong EvaluationKey = 0x4E46_7465_7374;
    public const int SampleCount = 100;

    public static IReadOnlyList<Preset> All { get; } =
    [
        new("snf-fc2", "two full matrices with learned inverses, SmoothLeakyRelu between (self-normalizing flow)", "snf-reconstruction", ["linear", "smooth-leaky-relu", "linear"]),
        new("snf-fc2-standardized", "the same on standardised logits: for wide images, where the raw logits' mean swamps the reconstruction", "snf-reconstruction", ["standardize", "linear", "smooth-leaky-relu", "linear"]),
        new("fc2", "two full matrices with the exact gradient (LU)", "exact-lu", ["linear", "smooth-leaky-relu", "linear"]),
        new("spline-fc2", "two full matrices, an elementwise rational-quadratic spline between", "exact-lu", ["linear", "rational-quadratic-spline", "linear"]),
        new("linear", "one full matrix: fits a Gaussian", "exact-lu", ["linear"]),
        Deep("nice", "additive couplings", FlowRecipes.Nice),
        Deep("realnvp", "affine couplings", FlowRecipes.RealNvp),
        Deep("maf", "masked autoregressive flow: affine, fast density, slow samples", FlowRecipes.Maf),
        Deep("iaf", "inverse autoregressive flow: affine, fast samples, slow density", FlowRecipes.Iaf),
        Deep("nsf-ar", "rational-quadratic splines, autoregressive, between full matrices", FlowRecipes.NsfAutoregressive),
        Deep("naf", "neural autoregressive flow: deep sigmoidal transformers", FlowRecipes.Naf),
        Deep("umnn", "unconstrained monotonic networks: integrals of a positive network, autoregressive", FlowRecipes.Umnn, rate: 5e-3),
        Deep("sos", "sums of squared polynomials, autoregressive", FlowRecipes.SumOfSquares, rate: 1e-3),
        Deep("bnaf", "block neural autoregressive flow", FlowRecipes.Bnaf),
        Deep("planar", "planar layers", FlowRecipes.Planar),
        Deep("radial", "radial layers", FlowRecipes.Radial),
        Deep("sylvester", "Sylvester layers", FlowRecipes.Sylvester),
        Deep("residual", "invertible residual blocks", FlowRecipes.Residual),
        Deep("cnf", "a neural ODE (continuous normalizing flow)", FlowRecipes.Cnf),
        Deep("free-form", "a free-form flow: a network and another that learns to be its inverse", FlowRecipes.FreeForm),
        Deep("nsf-coupling", "rational-quadratic spline couplings between full matrices", FlowRecipes.NsfCoupling),
        Deep("tc", "tangent couplings on hyperbolic space, in tangent coordinates", FlowRecipes.TangentCoupling),
        Deep("whc", "wrapped hyperboloid couplings on hyperbolic space, in tangent coordinates", FlowRecipes.WrappedCoupling),
        Deep("glow-tabular", "Glow's steps on vectors: ActNorm, a full matrix, an affine coupling", FlowRecipes.GlowTabular),
        new("hyperbolic-nsf", "tangent coordinates of hyperbolic space: spline couplings between full matrices, on a wrapped normal", null, [], FlowRecipes.NsfCoupling) { Rate = 3e-3, Base = FlowRecipes.WrappedNormal },
        new("sphere", "points on the sphere (--data sphere:FILE): circular splines of longitude and splines of height, in turn, on the uniform distribution", null, [], FlowRecipes.Sphere) { Rate = 3e-3, Base = FlowRecipes.UniformSphere, Check = SphereCheck.Require },
        Image("snf-conv9", "images: nine 3x3 convolutions with learned inverses, splines between (self-normalizing flow)", "snf-reconstruction", s => ImageRecipes.Conv9(s, ImageRecipes.Convolution)),
        Image("conv9-exact", "images: the same with the exact gradient through a banded factorisation", "banded-exact", s => ImageRecipes.Conv9(s, ImageRecipes.Convolution)),
        Image("conv9-emerging", "images: the same with emerging convolutions", null, s => ImageRecipes.Conv9(s, ImageRecipes.Emerging)),
        Image("conv9-convexp", "images: the same with convolution exponentials", null, s => ImageRecipes.Conv9(s, ImageRecipes.Exponential)),
        Image("glow", "images: Glow, levels of ActNorm, 1x1 convolution and affine coupling", null, s => ImageRecipes.Glow(s, ImageRecipes.Mixing), rate: 1e-3),
        Image("snf-glow", "images: the same with learned inverses of the 1x1 convolutions", "snf-published", s => ImageRecipes.Glow(s, ImageRecipes.MixingByStrategy), lambda: 100, rate: 1e-3),
    ];

    /// <summary>The preset of a name, or null.</summary>
    public static Preset? Find(string name) => All.FirstOrDefault(p => p.Name == name);

    private static Preset Image(string name, string about, string? strategy, Func<ImageShape, JsonArray> recipe, double lambda = 1, double rate = 4e-3)
        => new(name, about, strategy, []) { Rate = rate, Lambda = lambda, Images = recipe };

    private static Preset Deep(string name, string about, Func<int, JsonArray> recipe, double rate = 3e-3)
        => new(name, about, null, ["standardize"], recipe) { Rate = rate };

    /// <summary>Largest gradient norm of a flow of images: a spike of one batch must not throw it out.</summary>
    public const string ImageClip = "100";

    /// <summary>Largest gradient norm of a deep flow.</summary>
    public const string DeepClip = "10";

    /// <summary>Squeezes the ends of the pixel range before the logit: 0.01 for few levels, 1e-6 for 256.</summary>
    public static double LogitAlpha(int levels) => levels >= 256 ? 1e-6 : 0.01;

    /// <summary>Weight of the reconstruction penalty. The published update needs more than 1/(8 s2min) of every layer's input, about 8 for the digits' second layer; R trained by reconstruction alone takes any.</summary>
    public static double Lambda(string strategy, int dimension) => strategy is "snf-published" or "snf-published-unfused" ? 10 : strategy == "snf-reconstruction" && dimension <= 128 ? 0.3 : 1;

    public static int Epochs(int trainRows) => trainRows <= 10_000 ? 200 : trainRows <= 100_000 ? 60 : 30;

    public static int Batch(int trainRows, bool deep) => Math.Min(deep && trainRows > 5000 ? 256 : 100, trainRows);

    /// <summary>Small models bear large steps.</summary>
    public static double LearningRate(string optimizer, int dimension, string? strategy) => strategy == "relative" && optimizer == "sgd" ? 0.03 : optimizer is "sgd" or "rmsprop" ? 1e-3 : dimension <= 128 ? 2e-2 : 1e-3;

    public const string Schedule = "cosine";

    public static int Warmup(long totalSteps) => (int)Math.Min(100, totalSteps / 20);

    /// <summary>Epochs between two validations, so that a long run on a small set does not spend its time there.</summary>
    public static int ValidateEvery(int epochs) => 1 + epochs / 200;

    /// <summary>Epochs between two looks at the learned inverses; they cost a few factorisations.</summary>
    public static int MonitorEvery(int epochs) => 1 + epochs / 50;
}
