using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Densities on the hyperbolic plane integrate to 1, over a polar grid of tangent coordinates by either measure and over one of the disk.</summary>
public sealed class HyperbolicMassTests
{
    private const int Angles = 720, Panels = 60, Nodes = 8;
    private static readonly double[] Loc = [-0.7, 1.1], LogScale = [0.1, -0.8];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void WrappedNormal(double radius)
    {
        foreach (HyperbolicMeasure measure in (HyperbolicMeasure[])[HyperbolicMeasure.Tangent, HyperbolicMeasure.Riemannian])
            Assert.Equal(1, Mass(new WrappedNormal<double>(2, Loc, LogScale, radius, measure: measure), radius, measure), 1e-9);
        // By the wrong measure it is not.
        Assert.True(Math.Abs(Mass(new WrappedNormal<double>(2, Loc, LogScale, radius, measure: HyperbolicMeasure.Riemannian), radius, HyperbolicMeasure.Tangent) - 1) > 0.05);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void RiemannianNormal(double radius)
    {
        foreach (HyperbolicMeasure measure in (HyperbolicMeasure[])[HyperbolicMeasure.Tangent, HyperbolicMeasure.Riemannian])
            Assert.Equal(1, Mass(new RiemannianNormal<double>(2, Loc, -0.3, radius, measure: measure), radius, measure), 1e-9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AMixtureInCoordinatesOfTheDisk(double radius)
    {
        var mixture = new WrappedNormalMixture<double>(2, 2, [.. Loc, 0.5, 0.5], [.. LogScale, -0.5, 0], [0.3, -0.7], radius: radius);
        using var flow = new Flow<double>([new HyperbolicChart<double>(2, radius: radius)], mixture, 0, new SimdBackend<double>(1));
        Assert.Equal(1, DiskMass(flow, radius, 9), 1e-9);
    }

    /// <summary>Six wrapped couplings with random networks, the base a wrapped normal, seen in the disk.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ARandomWrappedFlow(double radius)
    {
        IBijector<double>[] couplings = [.. Enumerable.Range(0, 6).Select(k => Layer($$"""{"kind":"wrapped-hyperboloid-coupling","mask":[{{k % 2}},{{1 - k % 2}}],"radius":{{radius}},"conditioner":{"kind":"mlp","hidden":[8],"activation":"tanh"} }"""))];
        using var backend = new SimdBackend<double>(1);
        using var flow = new Flow<double>([new HyperbolicChart<double>(2, radius: radius), .. couplings], new WrappedNormal<double>(2, [0.2, -0.3], [-0.7, -0.4], radius), 3, backend);
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters) flow.Store.Write(e.Var, [.. flow.Store.Read(e.Var).Select(v => v + 0.1 * random.Take(1)[0])]);
        double[] shift = flow.InputOf(7 - 1, [0.1 * radius, 0.2 * radius]);
        Assert.True(Math.Abs(shift[0] - 0.1) > 1e-2, "the couplings do nothing");
        Assert.Equal(1, DiskMass(flow, radius, 13), 1e-4);
    }

    // Panels of Gauss-Legendre nodes along the radius, equal angles around: the rule of a periodic function.
    private static (double[] Points, double[] Weights) Polar(double radius, double reach)
    {
        (double[] at, double[] weight) = GaussLegendre.OnUnit(Nodes);
        var points = new List<double>();
        var weights = new List<double>();
        double step = reach * radius / Panels;
        for (int k = 0; k < Panels; k++)
            for (int j = 0; j < Nodes; j++)
                for (int a = 0; a < Angles; a++)
                {
                    double r = (k + at[j]) * step, angle = 2 * Math.PI * a / Angles;
                    points.Add(r * Math.Cos(angle));
                    points.Add(r * Math.Sin(angle));
                    weights.Add(step * weight[j] * 2 * Math.PI / Angles * r);
                }

        return ([.. points], [.. weights]);
    }

    private static double Mass(IDistribution<double> p, double radius, HyperbolicMeasure measure)
    {
        (double[] points, double[] weights) = Polar(radius, 9);
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        p.Attach(store, "base");
        store.Build();
        double[] logProb = DistributionConformanceChecks.LogProb(p, backend, store, points);
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            double r = Math.Sqrt(points[2 * i] * points[2 * i] + points[2 * i + 1] * points[2 * i + 1]) / radius;
            sum += weights[i] * Math.Exp(logProb[i]) * (measure == HyperbolicMeasure.Riemannian ? Math.Sinh(r) / r : 1);
        }

        return sum;
    }

    // The grid is one of distances, mapped into the disk: p = R tanh(d/2R), dp = (1 - |p|^2/R^2)/2 dd.
    private static double DiskMass(Flow<double> flow, double radius, double reach)
    {
        (double[] points, double[] weights) = Polar(radius, reach);
        for (int i = 0; i < weights.Length; i++)
        {
            double d = Math.Sqrt(points[2 * i] * points[2 * i] + points[2 * i + 1] * points[2 * i + 1]), share = Math.Tanh(0.5 * d / radius);
            weights[i] *= 0.5 * (1 - share * share) * (radius * share / d);
            points[2 * i] *= radius * share / d;
            points[2 * i + 1] *= radius * share / d;
        }

        return flow.LogProb(points).Zip(weights, (l, w) => w * Math.Exp(l)).Sum();
    }

    private static IBijector<double> Layer(string recipe)
    {
        using var json = System.Text.Json.JsonDocument.Parse(recipe);
        return BijectorRegistry.Create<double>(json.RootElement.GetProperty("kind").GetString()!, json.RootElement.Clone());
    }
}
