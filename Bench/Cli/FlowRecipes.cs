using System.Globalization;
using System.Text.Json.Nodes;
using NativeFlow.Engine;

namespace NativeFlow.Cli;

/// <summary>The layers of the named flows, as recipe entries, for d features. What stands before them (logit, standardising) is not their business.</summary>
internal static class FlowRecipes
{
    private const string Spline = """{"kind":"rational-quadratic","bins":8,"tail_bound":5,"identity_init":true}""";
    private const string SphereLongitude = """{"kind":"coupling","mask":[1,0],"transformer":{"kind":"circular-spline","bins":16},"conditioner":{"kind":"mlp","hidden":[64,64],"activation":"silu"} }""";
    private const string SphereHeight = """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"rational-quadratic-bounded","bins":16,"left":-1,"right":1,"bottom":-1,"top":1},"conditioner":{"kind":"angle-features","network":{"kind":"mlp","hidden":[64,64],"activation":"silu"} } }""";
    private const string BoundedAffine = """{"kind":"affine","scale":"soft-clip","slope":0.05}""";

    public static JsonArray Nice(int d) => Stack(6, d, k => [Coupling(d, k, """{"kind":"additive"}"""), ActNorm(d)]);

    public static JsonArray RealNvp(int d) => Stack(8, d, k => [ActNorm(d), Coupling(d, k, BoundedAffine)]);

    public static JsonArray NsfCoupling(int d) => Stack(6, d, k => [ActNorm(d), Linear(d), Coupling(d, k, Spline)]);

    public static JsonArray GlowTabular(int d) => Stack(8, d, k => [ActNorm(d), Linear(d), Coupling(d, k, BoundedAffine)]);

    public static JsonArray Maf(int d) => Stack(6, d, k => [ActNorm(d), Autoregressive(d, BoundedAffine, "maf"), Reverse(d)]);

    public static JsonArray Iaf(int d) => Stack(6, d, k => [ActNorm(d), Autoregressive(d, BoundedAffine, "iaf"), Reverse(d)]);

    public static JsonArray NsfAutoregressive(int d) => Stack(4, d, k => [ActNorm(d), Linear(d), Autoregressive(d, Spline, "maf")]);

    public static JsonArray Naf(int d) => Stack(3, d, k => [ActNorm(d), Autoregressive(d, """{"kind":"dsf","units":16}""", "maf"), Reverse(d)]);

    public static JsonArray Umnn(int d) => Stack(2, d, k => [ActNorm(d), Autoregressive(d, """{"kind":"umnn","embedding":8,"hidden":[48,48],"nodes":16}""", "maf"), Reverse(d)]);

    public static JsonArray SumOfSquares(int d) => Stack(2, d, k => [ActNorm(d), Autoregressive(d, """{"kind":"sum-of-squares","polynomials":4,"degree":2}""", "maf"), Reverse(d)]);

    public static JsonArray Bnaf(int d) => Stack(3, d, k => [ActNorm(d), $$"""{"kind":"bnaf","dimension":{{d}},"hidden_per_dim":{{(d <= 16 ? 10 : 4)}},"layers":3 }""", Reverse(d)]);

    public static JsonArray Planar(int d) => Stack(16, d, k => [ActNorm(d), $$"""{"kind":"planar","dimension":{{d}} }"""]);

    public static JsonArray Radial(int d) => Stack(16, d, k => [ActNorm(d), $$"""{"kind":"radial","dimension":{{d}} }"""]);

    public static JsonArray Sylvester(int d) => Stack(8, d, k => [ActNorm(d), $$"""{"kind":"sylvester","dimension":{{d}},"rank":{{Math.Min(d, 16)}},"reflections":{{Math.Min(d, 16)}} }"""]);

    public static JsonArray Residual(int d) => Stack(8, d, k => [ActNorm(d), $$"""{"kind":"residual","dimension":{{d}},"hidden":[{{Hidden(d)}},{{Hidden(d)}}],"lipschitz":0.95,"log_det":{{LogDet(d)}} }"""]);

    public static JsonArray Cnf(int d) => Stack(1, d, k => [ActNorm(d), $$"""{"kind":"cnf","dimension":{{d}},"hidden":[{{Hidden(d)}},{{Hidden(d)}}]}"""]);

    public static JsonArray FreeForm(int d) => Stack(1, d, k => [$$"""{"kind":"free-form","dimension":{{d}},"hidden":[{{Hidden(d)}},{{Hidden(d)}},{{Hidden(d)}}],"weight":30,"surrogate":"conditional"}"""]);

    /// <summary>In tangent coordinates of hyperbolic space, where the standard normal is the wrapped normal at the origin. Everything between the layers would move that origin, so there is nothing.</summary>
    public static JsonArray TangentCoupling(int d) => Stack(8, d, k => [HyperbolicCoupling(d, k, "tangent-coupling")]);

    public static JsonArray WrappedCoupling(int d) => Stack(8, d, k => [HyperbolicCoupling(d, k, "wrapped-hyperboloid-coupling")]);

    /// <summary>A base on hyperbolic space of radius 1 that learns its location and scales.</summary>
    public static JsonObject WrappedNormal(int d) => new() { ["kind"] = "wrapped-normal", ["dimension"] = d };

    /// <summary>In longitude and height of the unit sphere; longitudes reach the networks as cosine and sine.</summary>
    public static JsonArray Sphere(int d) => Stack(4, d, k => [SphereLongitude, SphereHeight]);

    public static JsonObject UniformSphere(int d) => new() { ["kind"] = "uniform-sphere", ["dimension"] = d };

    /// <summary>Width of the hidden layers of a conditioner.</summary>
    private static int Hidden(int d) => d <= 16 ? 64 : 128;

    private static string ActNorm(int d) => $$"""{"kind":"actnorm","channels":{{d}} }""";

    private static string Linear(int d) => $$"""{"kind":"linear","dimension":{{d}} }""";

    private static string Coupling(int d, int layer, string transformer)
        => $$"""{"kind":"coupling","mask":[{{Mask(d, layer)}}],"transformer":{{transformer}},"conditioner":{"kind":"mlp","hidden":[{{Hidden(d)}},{{Hidden(d)}}],"activation":"relu"} }""";

    private static string HyperbolicCoupling(int d, int layer, string kind)
        => $$"""{"kind":"{{kind}}","mask":[{{Mask(d, layer)}}],"radius":1,"scale":"soft-clip","slope":0.05,"conditioner":{"kind":"mlp","hidden":[{{Hidden(d)}},{{Hidden(d)}}],"activation":"tanh"} }""";

    /// <summary>Every second feature moves, the others in the next layer.</summary>
    private static string Mask(int d, int layer) => string.Join(',', Enumerable.Range(0, d).Select(j => (j + layer) % 2));

    private static string Autoregressive(int d, string transformer, string direction)
        => $$"""{"kind":"autoregressive","dimension":{{d}},"direction":"{{direction}}","transformer":{{transformer}},"conditioner":{"kind":"made","hidden":[{{Hidden(d)}},{{Hidden(d)}}],"activation":"relu"} }""";

    private static string Reverse(int d) => $$"""{"kind":"permutation","channels":{{d}},"arrange":"reverse"}""";

    // The exact determinant costs a pass for each feature; beyond a few the unbiased series trains as well.
    private static string LogDet(int d) => d <= 8 ? """{"name":"exact"}""" : """{"name":"roulette"}""";

    private static JsonArray Stack(int count, int d, Func<int, string[]> layers)
    {
        if (d < 2) throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"--model: this flow needs at least 2 features, the data has {d}; use one whose layers work on single features, such as spline-fc2."));
        var all = new JsonArray();
        for (int k = 0; k < count; k++)
            foreach (string layer in layers(k)) all.Add(JsonNode.Parse(layer));
        return all;
    }
}
