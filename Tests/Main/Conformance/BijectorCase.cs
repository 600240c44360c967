using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>One bijector to be put through <see cref="BijectorChecks"/>: a recipe entry and the inputs that make sense for it.</summary>
/// <param name="Name">For the test's name.</param>
/// <param name="Recipe">JSON entry, <c>kind</c> included.</param>
/// <param name="Low">Ordinary inputs lie in [Low, High].</param>
/// <param name="High">See <paramref name="Low"/>.</param>
/// <param name="Extreme">Values at which everything must stay finite.</param>
/// <param name="Noise">Size of the random numbers added to every parameter, so that nothing is tested at the identity.</param>
/// <param name="ExtremeOut">Values at which the inverse must stay finite; null where it is defined everywhere, and -1000, 1000 and 0 are taken.</param>
/// <param name="Reach">Number of outputs that are computed from the first feature; 0 for all of its row.</param>
public sealed record BijectorCase(string Name, string Recipe, double Low, double High, double[] Extreme, double Noise = 0.4, double[]? ExtremeOut = null, int Reach = 1)
{
    /// <summary>Every case; a kind without one fails the completeness test.</summary>
    public static IReadOnlyList<BijectorCase> All { get; } =
    [
        new("actnorm", """{"kind":"actnorm","channels":5}""", -3, 3, [-1000, 1000, 0]),
        new("actnorm-images", """{"kind":"actnorm","channels":3,"pixels":4}""", -3, 3, [-1000, 1000, 0]),
        new("actnorm-center-first", """{"kind":"actnorm","channels":3,"pixels":3,"center_first":true}""", -3, 3, [-1000, 1000, 0]),
        new("affine", """{"kind":"affine","scale":[0.5,-2,3,0.1,-0.7],"shift":[1,2,-3,0.25,0]}""", -3, 3, [-1000, 1000, 0]),
        new("batchnorm", """{"kind":"batchnorm","channels":5,"eps":0.01,"momentum":0.2}""", -3, 3, [-1000, 1000, 0]),
        new("batchnorm-images", """{"kind":"batchnorm","channels":3,"pixels":4}""", -3, 3, [-1000, 1000, 0]),
        new("cauchy-cdf", """{"kind":"cauchy-cdf","dimension":7}""", -4, 4, [-1000, 1000, 0, 1e100], ExtremeOut: [1e-100, 1 - 1e-15, 0.5]),
        new("circulant", """{"kind":"circulant","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.2, Reach: 0),
        new("circulant-odd", """{"kind":"circulant","dimension":5,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2, Reach: 0),
        new("circulant-one", """{"kind":"circulant","dimension":1}""", -3, 3, [-1000, 1000, 0], 0.2),
        new("diagonal-low-rank", """{"kind":"diagonal-low-rank","dimension":6,"rank":2}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 0),
        new("diagonal-low-rank-no-bias", """{"kind":"diagonal-low-rank","dimension":3,"rank":3,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.2, Reach: 0),
        new("exp", """{"kind":"exp","dimension":6}""", -4, 3, [-1000, 700, 0], ExtremeOut: [1e-200, 1e300, 1]),
        new("householder", """{"kind":"householder","dimension":5,"reflections":3}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("householder-full", """{"kind":"householder","dimension":4,"reflections":6}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("leaky-relu", """{"kind":"leaky-relu","dimension":7,"slope":0.2}""", -3, 3, [-1000, 1000, 0]),
        new("learnable-leaky-relu", """{"kind":"learnable-leaky-relu","dimension":7}""", -3, 3, [-1000, 1000, 0]),
        new("linear-lu", """{"kind":"linear-lu","dimension":6}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("linear-lu-one", """{"kind":"linear-lu","dimension":1,"eps":0.1,"no_bias":true}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("linear-lu-packed", """{"kind":"linear-lu-packed","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 0),
        new("linear-qr", """{"kind":"linear-qr","dimension":6,"reflections":4}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("linear-svd", """{"kind":"linear-svd","dimension":6,"reflections":3}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("matrix-exponential", """{"kind":"matrix-exponential","dimension":5}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("nonlinear-squared", """{"kind":"nonlinear-squared","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.6),
        new("planar", """{"kind":"planar","dimension":5}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("planar-leaky", """{"kind":"planar","dimension":4,"activation":"leaky_relu","slope":0.2}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("planar-one", """{"kind":"planar","dimension":1}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("radial", """{"kind":"radial","dimension":5}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("radial-one", """{"kind":"radial","dimension":1}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("rotation", """{"kind":"rotation","dimension":5}""", -3, 3, [-1000, 1000, 0], 0.8, Reach: 0),
        new("sigmoid", """{"kind":"sigmoid","dimension":6}""", -6, 6, [-1000, 1000, 0], ExtremeOut: [1e-200, 1 - 1e-16, 0.5]),
        new("sigmoid-pixels", """{"kind":"sigmoid","dimension":5,"temperature":2,"low":-8,"high":256}""", -3, 3, [-1000, 1000, 0], ExtremeOut: [-7.999999, 255.999999, 0]),
        new("smooth-leaky-relu", """{"kind":"smooth-leaky-relu","dimension":19,"alpha":0.3}""", -6, 6, [-1000, 1000, 0, -1e-8]),
        new("smooth-leaky-relu-steep", """{"kind":"smooth-leaky-relu","dimension":3,"alpha":0.01}""", -6, 6, [-1000, 1000, 0]),
        new("linear", """{"kind":"linear","dimension":6}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 0),
        new("linear-no-bias", """{"kind":"linear","dimension":4,"no_bias":true}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 0),
        new("logit", """{"kind":"logit","dimension":6,"alpha":0.01}""", 0.05, 0.95, [0, 1, 0.5]),
        new("logit-pixels", """{"kind":"logit","dimension":5,"alpha":0.05,"low":-8,"high":256,"temperature":2}""", 1, 250, [-8, 256, 0]),
        new("logit-open", """{"kind":"logit","dimension":3,"alpha":0}""", 0.1, 0.9, [1e-12, 1 - 1e-12, 0.5]),
        new("permutation", """{"kind":"permutation","channels":7,"seed":3}""", -3, 3, [-1000, 1000, 0]),
        new("permutation-reverse", """{"kind":"permutation","channels":3,"pixels":2,"arrange":"reverse"}""", -3, 3, [-1000, 1000, 0]),
        new("permutation-given", """{"kind":"permutation","order":[2,0,3,1]}""", -3, 3, [-1000, 1000, 0]),
        new("rational-quadratic-spline", """{"kind":"rational-quadratic-spline","dimension":5,"bins":6,"tail_bound":3}""", -2.9, 2.9, [-1000, 1000, -3, 3, 0, 3.0000001], 1),
        new("rational-quadratic-spline-identity", """{"kind":"rational-quadratic-spline","dimension":17,"bins":3,"tail_bound":2,"identity_init":true}""", -2.5, 2.5, [-1000, 1000, -2, 2, 0], 0.5),
        new("smooth-tanh", """{"kind":"smooth-tanh","dimension":19,"alpha":1.5,"beta":0.1}""", -4, 4, [-1000, 1000, 0, 1e-9]),
        new("smooth-tanh-flat", """{"kind":"smooth-tanh","dimension":3,"alpha":0.5,"beta":0.001}""", -6, 6, [-1000, 1000, 0]),
        new("sneaky-relu", """{"kind":"sneaky-relu","dimension":19,"slope":0.1}""", -6, 6, [-1000, 1000, 0, 1e300]),
        new("sneaky-relu-steep", """{"kind":"sneaky-relu","dimension":3,"slope":0.001}""", -6, 6, [-1000, 1000, 0]),
        new("softplus", """{"kind":"softplus","dimension":7}""", -5, 5, [-700, 1000, 0], ExtremeOut: [1e-200, 1000, 1]),
        new("softplus-inverse", """{"kind":"softplus","dimension":7,"inverse":true}""", 0.1, 6, [1e-200, 1000, 1], ExtremeOut: [-700, 1000, 0]),
        new("sylvester", """{"kind":"sylvester","dimension":6,"rank":3,"reflections":2}""", -3, 3, [-1000, 1000, 0], 0.6, Reach: 0),
        new("sylvester-full", """{"kind":"sylvester","dimension":4,"rank":4,"reflections":4}""", -3, 3, [-1000, 1000, 0], 0.6, Reach: 0),
        new("sylvester-one", """{"kind":"sylvester","dimension":4,"rank":1,"reflections":1}""", -3, 3, [-1000, 1000, 0], 0.6, Reach: 0),
        new("tanh", """{"kind":"tanh","dimension":7}""", -3, 3, [-1000, 1000, 0], ExtremeOut: [-1 + 1e-15, 1 - 1e-15, 0]),
        new("triangular", """{"kind":"triangular","dimension":6}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("triangular-upper", """{"kind":"triangular","dimension":6,"upper":true,"no_bias":true}""", -3, 3, [-1000, 1000, 0], Reach: 0),
        new("woodbury", """{"kind":"woodbury","features":5,"rank":2}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 0),
        new("woodbury-rows", """{"kind":"woodbury","features":4,"rank":2,"rows":3}""", -3, 3, [-1000, 1000, 0], 0.3, Reach: 4),
    ];

    /// <summary>The recipe's kind.</summary>
    public string Kind => Entry.GetProperty("kind").GetString()!;

    private JsonElement Entry => JsonDocument.Parse(Recipe).RootElement;

    /// <summary>Makes the bijector, attached to a built store with noise on every parameter.</summary>
    public (IBijector<T> Bijector, ParameterStore<T> Store) Make<T>(IBackend<T> backend, string? recipe = null)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        JsonElement entry = JsonDocument.Parse(recipe ?? Recipe).RootElement;
        IBijector<T> bijector = BijectorRegistry.Create<T>(entry.GetProperty("kind").GetString()!, entry);
        var store = new ParameterStore<T>(backend);
        bijector.Attach(store, "layer", 11);
        store.Build();
        var noise = new PhiloxNormals(5);
        foreach (ParameterStore<T>.Entry p in store.Parameters)
        {
            double[] values = Array.ConvertAll(store.Read(p.Var), v => double.CreateTruncating(v));
            for (int i = 0; i < values.Length; i++) values[i] += Noise * noise.Next();
            store.Write(p.Var, values);
        }
        return (bijector, store);
    }

    /// <summary>Ordinary inputs, [rows x dimension], from a seed.</summary>
    public double[] Inputs(int rows, int dimension, ulong seed)
    {
        var x = new double[rows * dimension];
        RandomFill.Uniform<double>(seed, 1, 0, x);
        for (int i = 0; i < x.Length; i++) x[i] = Low + ((High - Low) * x[i]);
        return x;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}");
}

/// <summary>Standard normal numbers, one after another.</summary>
public sealed class PhiloxNormals(ulong key)
{
    private readonly double[] _one = new double[1];
    private ulong _next;

    /// <summary>The next number.</summary>
    public double Next()
    {
        RandomFill.Gaussian<double>(key, 2, _next++, _one);
        return _one[0];
    }

    /// <summary>The next <paramref name="count"/> numbers.</summary>
    public double[] Take(int count) => Enumerable.Range(0, count).Select(_ => Next()).ToArray();
}
