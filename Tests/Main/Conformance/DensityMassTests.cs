using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>
/// A standard normal pulled back through a layer is a density: its integral over the whole line or plane is the normal mass of the layer's
/// range, 1 where the layer is onto. The grid is x = sinh(t), so that far tails count too.
/// </summary>
public sealed class DensityMassTests
{
    private const double Reach = 7;

    public static TheoryData<string, string, double> Lines => new()
    {
        { "actnorm", """{"kind":"actnorm","channels":1}""", 1 },
        { "batchnorm", """{"kind":"batchnorm","channels":1}""", 1 },
        { "cauchy-cdf", """{"kind":"cauchy-cdf","dimension":1}""", 0.3413447 },
        { "exp", """{"kind":"exp","dimension":1}""", 0.5 },
        { "learnable-leaky-relu", """{"kind":"learnable-leaky-relu","dimension":1}""", 1 },
        { "residual-line", """{"kind":"residual","dimension":1,"hidden":[6]}""", 1 },
        { "sigmoid", """{"kind":"sigmoid","dimension":1}""", 0.3413447 },
        { "smooth-tanh", """{"kind":"smooth-tanh","dimension":1}""", 1 },
        { "sneaky-relu", """{"kind":"sneaky-relu","dimension":1}""", 1 },
        { "softplus", """{"kind":"softplus","dimension":1}""", 0.5 },
        { "tanh", """{"kind":"tanh","dimension":1}""", 0.6826895 },
        { "affine", """{"kind":"affine","scale":[-0.3],"shift":[1.5]}""", 1 },
        { "elementwise-affine", """{"kind":"elementwise","dimension":1,"transformer":{"kind":"affine","scale":"softplus"}}""", 1 },
        { "elementwise-rational-quadratic", """{"kind":"elementwise","dimension":1,"transformer":{"kind":"rational-quadratic","bins":6}}""", 1 },
        { "leaky-relu", """{"kind":"leaky-relu","dimension":1,"slope":0.2}""", 1 },
        { "smooth-leaky-relu", """{"kind":"smooth-leaky-relu","dimension":1,"alpha":0.3}""", 1 },
    };

    public static TheoryData<string, string, double> Planes => new()
    {
        { "autoregressive-maf", """{"kind":"autoregressive","dimension":2,"transformer":{"kind":"affine","scale":"soft-clip"},"conditioner":{"kind":"made","hidden":[6],"activation":"tanh"}}""", 1 },
        { "autoregressive-iaf", """{"kind":"autoregressive","dimension":2,"direction":"iaf","transformer":{"kind":"affine","scale":"soft-clip"},"conditioner":{"kind":"made","hidden":[6],"activation":"tanh"}}""", 1 },
        { "linear-lu", """{"kind":"linear-lu","dimension":2}""", 1 },
        { "residual-plane", """{"kind":"residual","dimension":2,"hidden":[6]}""", 1 },
        { "two-sided-coupling", """{"kind":"two-sided-coupling","dimension":2,"transformer":{"kind":"affine","scale":"clamp-tanh"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"} }""", 1 },
        { "coupling-affine", """{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine"},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", 1 },
        { "coupling-rational-quadratic", """{"kind":"coupling","mask":[1,0],"transformer":{"kind":"rational-quadratic","bins":4},"conditioner":{"kind":"mlp","hidden":[6],"activation":"tanh"}}""", 1 },
        { "linear", """{"kind":"linear","dimension":2}""", 1 },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public void OnTheLine(string name, string recipe, double mass) => Assert.InRange(Integral(name, recipe, 1, 6001), mass - 1e-3, mass + 1e-3);

    [Theory]
    [MemberData(nameof(Planes))]
    public void OnThePlane(string name, string recipe, double mass) => Assert.InRange(Integral(name, recipe, 2, 601), mass - 1e-3, mass + 1e-3);

    [Fact]
    public void AWrongLogDetIsSeen()
    {
        double mass = Integral("smooth-leaky-relu", """{"kind":"smooth-leaky-relu","dimension":1,"alpha":0.3}""", 1, 6001, b => new FaultyBijector(b, Fault.DroppedFactor));
        Assert.NotInRange(mass, 1 - 1e-3, 1 + 1e-3);
    }

    private static double Integral(string name, string recipe, int dimension, int points, Func<IBijector<double>, IBijector<double>>? wrap = null)
    {
        var test = new BijectorCase(name, recipe, 0, 1, []);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        if (wrap is not null) b = wrap(b);
        Assert.Equal(dimension, b.Dimension);
        double[] at = new double[points], weight = new double[points];
        double step = 2 * Reach / (points - 1);
        for (int i = 0; i < points; i++)
        {
            double t = -Reach + (i * step);
            at[i] = Math.Sinh(t);
            weight[i] = Math.Cosh(t) * step;
        }
        double sum = 0;
        int rows = dimension == 1 ? 1 : points;
        for (int r = 0; r < rows; r++)
        {
            double[] x = dimension == 1 ? at : [.. at.SelectMany(v => new[] { at[r], v })];
            (double[] z, double[] logDet) = BijectorChecks.Run(b, backend, store, x, inverse: false);
            for (int i = 0; i < points; i++)
            {
                double log = logDet[i];
                for (int j = 0; j < dimension; j++) log -= (0.5 * z[(i * dimension) + j] * z[(i * dimension) + j]) + (0.5 * Math.Log(2 * Math.PI));
                sum += Math.Exp(log) * weight[i] * (dimension == 1 ? 1 : weight[r]);
            }
        }
        store.Dispose();
        return sum;
    }
}
