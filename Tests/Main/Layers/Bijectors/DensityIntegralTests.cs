using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Flows that must reach the whole line have densities that integrate to 1, over a line and over a plane.</summary>
public sealed class DensityIntegralTests
{
    private const string Made = """ "conditioner":{"kind":"made","hidden":[6],"activation":"tanh"} """;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (int dimension in (int[])[1, 2])
            {
                cases.Add($$"""{"kind":"bnaf","dimension":{{dimension}},"hidden_per_dim":4,"layers":2}""", dimension);
                cases.Add($$"""{"kind":"bnaf","dimension":{{dimension}},"hidden_per_dim":3,"layers":3,"residual":"normal"}""", dimension);
                cases.Add($$"""{"kind":"iaf-gated","dimension":{{dimension}},"hidden":6,"activation":"tanh","forget_bias":0}""", dimension);
                foreach (string transformer in (string[])
                    [
                        """{"kind":"affine"}""", """{"kind":"dsf","units":5}""", """{"kind":"dsf","units":3,"delta":1e-6}""", """{"kind":"ddsf","units":3}""",
                        """{"kind":"monotone-mlp","embedding":2,"hidden":[6,4]}""", """{"kind":"umnn","embedding":2,"hidden":[5],"activation":"tanh"}""",
                        """{"kind":"umnn","embedding":2,"hidden":[5],"activation":"softplus","integrand":"elu","least_slope":0.2,"quadrature":"clenshaw-curtis"}""",
                    ])
                    cases.Add($$"""{"kind":"autoregressive","dimension":{{dimension}},"transformer":{{transformer}},{{Made}}}""", dimension);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheDensityIntegratesToOne(string recipe, int dimension)
    {
        double mass = Mass(recipe, dimension, 0.3);
        Assert.True(Math.Abs(mass - 1) <= 1e-3, $"{mass}: {recipe}");
    }

    [Fact]
    public void WithoutItsInputABlockNetworkLosesMass()
    {
        // The range of the network is bounded: this is the known defect that the residual forms repair.
        double mass = Mass("""{"kind":"bnaf","dimension":1,"hidden_per_dim":4,"layers":2,"residual":"none"}""", 1, 0.3);
        Assert.InRange(mass, 0.3, 0.9);
    }

    [Fact]
    public void WithoutItsInputABlockNetworkRefusesWhatItDoesNotReach()
    {
        var test = new BijectorCase("none", """{"kind":"bnaf","dimension":2,"hidden_per_dim":4,"layers":2,"residual":"none"}""", -1, 1, []);
        using var backend = new ReferenceBackend<double>();
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        double[] x = test.Inputs(3, 2, 5), z = BijectorChecks.Run(b, backend, store, x, inverse: false).Out;
        BijectorChecks.Close("inside its range", BijectorChecks.Run(b, backend, store, z, inverse: true).Out, x, 1e-9);
        z[3] = 50;
        var error = Assert.Throws<OutsideDomainException>(() => BijectorChecks.Run(b, backend, store, z, inverse: true));
        Assert.Contains("bnaf: row 1", error.Message, StringComparison.Ordinal);
        store.Dispose();
    }

    [Fact]
    public void WithDeltaASigmoidalFlowRefusesWhatItDoesNotReach()
    {
        var test = new BijectorCase("dsf", """{"kind":"elementwise","dimension":1,"transformer":{"kind":"dsf","units":3,"delta":1e-6}}""", -1, 1, []);
        using var backend = new ReferenceBackend<double>();
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        double most = Math.Log(2e6 - 1);
        Assert.InRange(BijectorChecks.Run(b, backend, store, [1000], inverse: false).Out[0], most - 1e-3, most);
        Assert.True(double.IsFinite(BijectorChecks.Run(b, backend, store, [most - 1e-3], inverse: true).Out[0]));
        Assert.Throws<OutsideDomainException>(() => BijectorChecks.Run(b, backend, store, [most + 1e-3], inverse: true));
        store.Dispose();
    }

    // The trapezium rule on a box far beyond the density's reach, with steps far below its width: its error is far below what is asked for.
    private static double Mass(string recipe, int dimension, double noise)
    {
        // A monotone network starts steep and has kinks in its slope: a narrower box and finer steps.
        bool steep = recipe.Contains("monotone-mlp", StringComparison.Ordinal);
        double reach = dimension == 1 ? 60 : steep ? 8 : 20, step = dimension == 1 ? 0.01 : steep ? 0.04 : 0.125;
        int n = (int)(2 * reach / step) + 1;
        using var backend = new SimdBackend<double>(1);
        JsonElement entry = JsonDocument.Parse(recipe).RootElement;
        using var flow = new Flow<double>([BijectorRegistry.Create<double>(entry.GetProperty("kind").GetString()!, entry)], new StandardNormal<double>(dimension), 3, backend);
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            double[] values = flow.Store.Read(p.Var);
            for (int i = 0; i < values.Length; i++) values[i] += noise * random.Next();
            flow.Store.Write(p.Var, values);
        }
        double sum = 0;
        int lines = dimension == 1 ? 1 : n;
        var x = new double[n * dimension];
        for (int line = 0; line < lines; line++)
        {
            for (int i = 0; i < n; i++)
            {
                if (dimension == 2) x[2 * i] = -reach + (line * step);
                x[(dimension * i) + dimension - 1] = -reach + (i * step);
            }
            foreach (double logProb in flow.LogProb(x)) sum += Math.Exp(logProb);
        }
        return sum * Math.Pow(step, dimension);
    }
}
