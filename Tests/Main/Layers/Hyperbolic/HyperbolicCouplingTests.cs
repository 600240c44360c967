using System.Globalization;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Couplings on hyperbolic space: log-determinants against dense Jacobians in both measures, the exponent, and what is refused.</summary>
public sealed class HyperbolicCouplingTests : IDisposable
{
    private const int Rows = 3;

    private readonly SimdBackend<double> _backend = new(1);

    public static TheoryData<string, int, double> Cases
    {
        get
        {
            var all = new TheoryData<string, int, double>();
            foreach (string kind in (string[])["tangent-coupling", "wrapped-hyperboloid-coupling"])
                for (int n = 2; n <= 8; n++)
                    foreach (double radius in (double[])[0.5, 1, 2, 11]) all.Add(kind, n, radius);
            return all;
        }
    }

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void LogDetIsThatOfTheDenseJacobian(string kind, int n, double radius)
    {
        foreach (int parity in (int[])[0, 1])
            foreach (bool inverse in (bool[])[false, true])
            {
                BijectorCase test = Case(kind, n, radius, parity, "tangent");
                (IBijector<double> layer, ParameterStore<double> store) = test.Make(_backend);
                double[] x = test.Inputs(Rows, n, 3);
                (double[] z, double[] logDet) = BijectorChecks.Run(layer, _backend, store, x, inverse);
                for (int r = 0; r < Rows; r++)
                {
                    double[] jacobian = BruteForceJacobian.ByBackward(_backend, store, x[(r * n)..((r + 1) * n)], (tape, v) => Step(layer, tape, v, inverse).Output);
                    Close(BruteForceJacobian.LogAbsDet(jacobian, n), logDet[r], 1e-8);
                }
                (double[] again, double[] back) = BijectorChecks.Run(layer, _backend, store, z, !inverse);
                for (int r = 0; r < Rows; r++) Assert.Equal(0, logDet[r] + back[r], 1e-8);
                BijectorChecks.Close("round trip", again, x, 1e-10);
                store.Dispose();
            }
    }

    /// <summary>In the spatial coordinates xs of the hyperboloid volume is R/x0 dxs: no function of the layer's is in this.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void RiemannianLogDetIsThatOfTheMapOfTheHyperboloid(string kind, int n, double radius)
    {
        foreach (bool inverse in (bool[])[false, true])
        {
            BijectorCase test = Case(kind, n, radius, 1, "riemannian");
            (IBijector<double> layer, ParameterStore<double> store) = test.Make(_backend);
            var space = new HyperbolicSpace<double>(radius);
            double[] w = test.Inputs(Rows, n, 3);
            (double[] z, double[] logDet) = BijectorChecks.Run(layer, _backend, store, w, inverse);
            for (int r = 0; r < Rows; r++)
            {
                double[] from = Spatial(w.AsSpan(r * n, n), radius), to = Spatial(z.AsSpan(r * n, n), radius);
                double[] jacobian = BruteForceJacobian.ByBackward(_backend, store, from, (tape, xs) => space.Exp0(tape, Step(layer, tape, space.Log0(tape, xs), inverse).Output));
                Close(BruteForceJacobian.LogAbsDet(jacobian, n) + Math.Log(Time(from, radius) / Time(to, radius)), logDet[r], 1e-8);
            }
            (_, double[] back) = BijectorChecks.Run(layer, _backend, store, z, !inverse);
            for (int r = 0; r < Rows; r++) Assert.Equal(0, logDet[r] + back[r], 1e-8);
            store.Dispose();
        }
    }

    /// <summary>The paper prints the exponent m = n - d, its code has m - 1; only the latter is the Jacobian's.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    public void TheExponentIsOneLessThanPrinted(double radius)
    {
        // Five coordinates, three move; the network is a constant, so that v and t are known.
        double[] t = [0.7, -1.1, 0.4], s = [0.3, -0.2, 0.5], z = [0.4, 0.8, -0.3, -0.9, 1.2];
        (WrappedHyperboloidCoupling<double> layer, ParameterStore<double> store) = Constant([true, false, true, false, true], radius, t, s);
        (double[] x, double[] logDet) = BijectorChecks.Run(layer, _backend, store, z, inverse: true);
        double exact = BruteForceJacobian.LogAbsDet(BruteForceJacobian.ByBackward(_backend, store, z, (tape, v) => layer.Inverse(tape, v, new StepContext()).Output), 5);
        double before = LogSinhRatio([z[0] * Math.Exp(s[0]), z[2] * Math.Exp(s[1]), z[4] * Math.Exp(s[2])], radius), after = LogSinhRatio([x[0], x[2], x[4]], radius);
        const int Moving = 3;
        double WithExponent(int exponent) => s.Sum() + (exponent * (before - after));
        Close(exact, logDet[0], 1e-12);
        Close(exact, WithExponent(Moving - 1), 1e-12);
        Assert.True(Math.Abs(WithExponent(Moving) - exact) > 0.01, $"{WithExponent(Moving)} is as good as {exact}");
        store.Dispose();
    }

    [Theory]
    [InlineData("tangent-coupling")]
    [InlineData("wrapped-hyperboloid-coupling")]
    public void RiemannianLogDetHasExactGradients(string kind)
    {
        (IBijector<double> layer, ParameterStore<double> store) = Case(kind, 5, 2, 1, "riemannian", learn: true).Make(_backend);
        double[] w = [0.4, -0.8, 0.3, 1.2, -0.5];
        Var radius = store.Find("layer.log_radius");
        store.Write(radius, [Math.Log(2)]);
        foreach (bool inverse in (bool[])[false, true])
        {
            using var tape = new Tape<double>(_backend, store);
            Var v = tape.Input(w, 1, 5, needsGrad: true);
            tape.Backward(Step(layer, tape, v, inverse).LogAbsDet);
            var gradient = new double[5];
            tape.ReadGrad(v, gradient);
            // The one number five times makes it square.
            double[] expected = BruteForceJacobian.ByDifferences(w, 1e-3, at => [.. Enumerable.Repeat(BijectorChecks.Run(layer, _backend, store, at, inverse).LogDet[0], 5)]);
            BijectorChecks.Close("gradient", gradient, expected.AsSpan(0, 5), 1e-8);
            double slope = store.ReadGradient(radius)[0];
            double[] bySteps = BruteForceJacobian.ByDifferences([Math.Log(2)], 1e-3, at =>
            {
                store.Write(radius, at);
                return BijectorChecks.Run(layer, _backend, store, w, inverse).LogDet;
            });
            store.Write(radius, [Math.Log(2)]);
            Assert.NotEqual(0, slope);
            Close(bySteps[0], slope, 1e-8);
        }
        store.Dispose();
    }

    [Theory]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[1],"conditioner":{"kind":"mlp"}}""", "wrapped-hyperboloid-coupling: the latent dimension is 1; a coupling needs a coordinate that passes and one that moves: take 2 or more.")]
    [InlineData("""{"kind":"tangent-coupling","mask":[0],"conditioner":{"kind":"mlp"}}""", "tangent-coupling: the latent dimension is 1; a coupling needs a coordinate that passes and one that moves: take 2 or more.")]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[1,1],"conditioner":{"kind":"mlp"}}""", "wrapped-hyperboloid-coupling: mask moves 2 of 2 features; at least one must move and one must pass.")]
    [InlineData("""{"kind":"tangent-coupling","mask":[0,2],"conditioner":{"kind":"mlp"}}""", "tangent-coupling: property 'mask' holds 2; it must hold 0 (passes) or 1 (moves) for every feature.")]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[0,1],"radius":0,"conditioner":{"kind":"mlp"}}""", "wrapped-hyperboloid-coupling: radius is 0; expected a finite number above 0 (the curvature is -1/radius^2).")]
    [InlineData("""{"kind":"tangent-coupling","mask":[0,1],"radius":-1,"conditioner":{"kind":"mlp"}}""", "tangent-coupling: radius is -1; expected a finite number above 0 (the curvature is -1/radius^2).")]
    [InlineData("""{"kind":"tangent-coupling","mask":[0,1],"measure":"haar","conditioner":{"kind":"mlp"}}""", "tangent-coupling: property 'measure' is '\"haar\"'; it must be one of tangent, riemannian.")]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[0,1],"scale":"clamp-tanh","clamp":0,"conditioner":{"kind":"mlp"}}""", "wrapped-hyperboloid-coupling: clamp is 0; it must be above 0 and finite.")]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[0,1]}""", "wrapped-hyperboloid-coupling: property 'conditioner' is missing; add it.")]
    [InlineData("""{"kind":"wrapped-hyperboloid-coupling","mask":[0,1],"curvature":-1,"conditioner":{"kind":"mlp"}}""", "wrapped-hyperboloid-coupling: property 'curvature' is unknown; it has mask, context, radius, learn_radius, scale, measure, conditioner.")]
    public void BadRecipesAreRefusedInOneLine(string recipe, string message)
    {
        JsonElement entry = JsonDocument.Parse(recipe).RootElement;
        Assert.Equal(message, Assert.Throws<BadInputException>(() => BijectorRegistry.Create<double>(entry.GetProperty("kind").GetString()!, entry)).Message);
    }

    [Fact]
    public void ConditionersThatDoNotFitAreRefused()
    {
        var space = new HyperbolicSpace<double>();
        Assert.Contains("must map 1 to 4", Assert.Throws<ArgumentException>(() => new WrappedHyperboloidCoupling<double>([true, false, true], space, new Mlp<double>(1, 2, []))).Message, StringComparison.Ordinal);
        Assert.Contains("must map 3 to 4", Assert.Throws<ArgumentException>(() => new TangentCoupling<double>([true, false, true], space, new Mlp<double>(1, 4, []), context: 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LayersShareOneSpaceAndAContextReachesTheNetwork()
    {
        var space = new HyperbolicSpace<double>(2, learnRadius: true);
        IBijector<double>[] layers =
        [
            new WrappedHyperboloidCoupling<double>([true, false, true], space, new Mlp<double>(3, 4, [4]), context: 2),
            new WrappedHyperboloidCoupling<double>([false, true, true], space, new Mlp<double>(3, 4, [4]), context: 2),
            new TangentCoupling<double>([false, true, false], space, new Mlp<double>(4, 2, [4]), measure: HyperbolicMeasure.Riemannian, context: 2),
        ];
        using var flow = new Flow<double>(layers, new StandardNormal<double>(3), 1, _backend);
        Assert.Single(flow.Store.Parameters, p => p.Name.EndsWith("log_radius", StringComparison.Ordinal));
        Assert.Equal(2, flow.ContextWidth);
        double LogProb(ReadOnlySpan<double> context)
        {
            ReadOnlySpan<double> x = [0.5, -1, 0.2];
            return flow.LogProb(x, context)[0];
        }

        double before = LogProb([0, 1]);
        Assert.NotEqual(before, LogProb([1, 0]));
        space.SetRadius(flow.Store, 0.5);
        Assert.NotEqual(before, LogProb([0, 1]));
    }

    private (WrappedHyperboloidCoupling<double> Layer, ParameterStore<double> Store) Constant(bool[] moved, double radius, double[] t, double[] s)
    {
        var network = new Mlp<double>(moved.Count(m => !m), 2 * t.Length, []);
        var layer = new WrappedHyperboloidCoupling<double>(moved, new HyperbolicSpace<double>(radius), network);
        var store = new ParameterStore<double>(_backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        Var weight = store.Find("layer.net.0.weight");
        store.Write(weight, new double[weight.Length]);
        store.Write(store.Find("layer.net.0.bias"), [.. t.Zip(s).SelectMany(p => (double[])[p.First, p.Second])]);
        return (layer, store);
    }

    private static BijectorCase Case(string kind, int n, double radius, int parity, string measure, bool learn = false)
    {
        string mask = string.Join(',', Enumerable.Range(0, n).Select(j => (j + parity) % 2)), size = radius.ToString(CultureInfo.InvariantCulture);
        string recipe = $$"""{"kind":"{{kind}}","mask":[{{mask}}],"radius":{{size}},"learn_radius":{{(learn ? "true" : "false")}},"measure":"{{measure}}","scale":"exp","conditioner":{"kind":"mlp","hidden":[5],"activation":"tanh"} }""";
        return new BijectorCase(kind, recipe, -2, 2, []);
    }

    private static FlowStep Step(IBijector<double> layer, Tape<double> tape, Var v, bool inverse)
        => inverse ? layer.Inverse(tape, v, new StepContext()) : layer.Forward(tape, v, new StepContext());

    private static double[] Spatial(ReadOnlySpan<double> w, double radius)
    {
        double r = Math.Sqrt(w.ToArray().Sum(v => v * v)) / radius;
        return [.. w.ToArray().Select(v => Math.Sinh(r) / r * v)];
    }

    private static double Time(double[] xs, double radius) => Math.Sqrt((radius * radius) + xs.Sum(v => v * v));

    private static double LogSinhRatio(double[] w, double radius)
    {
        double r = Math.Sqrt(w.Sum(v => v * v)) / radius;
        return Math.Log(Math.Sinh(r) / r);
    }

    private static void Close(double expected, double actual, double tolerance)
        => Assert.True(Math.Abs(actual - expected) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual:R}, expected {expected:R}");
}
