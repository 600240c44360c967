using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Autoregressive layers as parts of a flow: files, samples, and the two directions as mirror images.</summary>
public sealed class AutoregressiveFlowTests
{
    private const string Net = """ "conditioner":{"kind":"made","hidden":[9,9],"random_degrees":true,"activation":"tanh"} """;

    private static readonly string[] s_recipes =
    [
        $$"""{"kind":"autoregressive","dimension":3,"transformer":{"kind":"dsf","units":3},{{Net}}}""",
        """{"kind":"permutation","channels":3,"arrange":"reverse"}""",
        $$"""{"kind":"autoregressive","dimension":3,"direction":"iaf","order":[1,0,2],"transformer":{"kind":"affine","scale":"soft-clip"},{{Net}}}""",
        """{"kind":"bnaf","dimension":3,"hidden_per_dim":3,"layers":2}""",
        """{"kind":"iaf-gated","dimension":3,"hidden":7,"activation":"tanh"}""",
        $$"""{"kind":"autoregressive","dimension":3,"transformer":{"kind":"umnn","embedding":2,"hidden":[4]},{{Net}}}""",
    ];

    [Fact]
    public void AFlowIsTheSameAfterItsFile()
    {
        using var folder = new TempFolder();
        using Flow<double> flow = Make();
        double[] x = new PhiloxNormals(6).Take(30);
        flow.Save(folder.At("flow.safetensors"));
        using Flow<double> loaded = Flow<double>.Load(folder.At("flow.safetensors"));
        Assert.Equal(flow.LogProb(x), loaded.LogProb(x));
        Assert.Equal(flow.Sample(4, 9), loaded.Sample(4, 9));
    }

    [Fact]
    public void SamplesAreTheInverseOfWhatTheBaseDrew()
    {
        using Flow<double> flow = Make();
        double[] x = flow.Sample(50, 4);
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        Var z = flow.Base.Sample(tape, 50, 4, 0);
        double[] drawn = new double[150], found = new double[150];
        tape.Read(z, drawn);
        tape.Read(flow.Forward(tape, tape.Input(x, 50, 3), new StepContext()).Output, found);
        BijectorChecks.Close("f(sample)", found, drawn, 1e-10);
    }

    [Fact]
    public void TheDirectionsAreMirrorImages()
    {
        var maf = new BijectorCase("maf", s_recipes[2].Replace("\"iaf\"", "\"maf\"", StringComparison.Ordinal), -2, 2, []);
        var iaf = new BijectorCase("iaf", s_recipes[2], -2, 2, []);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> a, ParameterStore<double> storeA) = maf.Make(backend);
        (IBijector<double> b, ParameterStore<double> storeB) = iaf.Make(backend);
        double[] x = maf.Inputs(8, 3, 2);
        foreach (bool inverse in (bool[])[false, true])
        {
            (double[] one, double[] oneLogDet) = BijectorChecks.Run(a, backend, storeA, x, inverse);
            (double[] other, double[] otherLogDet) = BijectorChecks.Run(b, backend, storeB, x, !inverse);
            Assert.Equal(one, other);
            Assert.Equal(oneLogDet, otherLogDet);
        }
        storeA.Dispose();
        storeB.Dispose();
    }

    [Fact]
    public void WithoutGradientsTheSequentialDirectionIsTheSameInLessMemory()
    {
        foreach (string recipe in s_recipes.Where(r => !r.Contains("permutation", StringComparison.Ordinal)))
        {
            var test = new BijectorCase("any", recipe, -2, 2, []);
            using var backend = new SimdBackend<double>(1);
            (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
            double[] x = test.Inputs(64, 3, 2);
            bool inverse = !recipe.Contains("\"iaf\"", StringComparison.Ordinal);
            (double[] recorded, double[] logDet, int nodes) = Sequential(true);
            (double[] plain, double[] plainLogDet, int fewer) = Sequential(false);
            Assert.Equal(recorded, plain);
            BijectorChecks.Close("log-det", plainLogDet, logDet, 1e-14);
            Assert.True(nodes > 20 && fewer <= 2, $"{recipe}: {nodes} and {fewer} nodes");
            store.Dispose();

            (double[], double[], int) Sequential(bool records)
            {
                using var tape = new Tape<double>(backend, store) { RecordsGradients = records };
                Var v = tape.Input(x, 64, 3);
                FlowStep step = inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());
                double[] output = new double[x.Length], logs = new double[64];
                tape.Read(step.Output, output);
                tape.Read(step.LogAbsDet, logs);
                return (output, logs, tape.Count);
            }
        }
    }

    [Theory]
    [InlineData("""{"kind":"autoregressive","dimension":3,"transformer":{"kind":"affine"},"conditioner":{"kind":"made","hidden":[8],"activation":"relu"}}""")]
    [InlineData("""{"kind":"iaf-gated","dimension":3,"hidden":6}""")]
    public void AnOverflowIsNamedAndNaNIsNot(string recipe)
    {
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = new BijectorCase("any", recipe, -2, 2, [], Noise: 2).Make(backend);
        double[] far = new PhiloxNormals(7).Take(24).Select(v => 1e5 * v).ToArray();
        far[0] = double.NaN;
        var error = Assert.Throws<OutsideDomainException>(() => BijectorChecks.Run(b, backend, store, far, inverse: true));
        Assert.Contains($"{b.Kind}: row ", error.Message, StringComparison.Ordinal);
        double[] alone = BijectorChecks.Run(b, backend, store, [double.NaN, 1, 1], inverse: true).Out;
        Assert.Contains(double.NaN, alone);
        store.Dispose();
    }

    private static Flow<double> Make()
    {
        var flow = new Flow<double>(
            [.. s_recipes.Select(r => JsonDocument.Parse(r).RootElement).Select(e => BijectorRegistry.Create<double>(e.GetProperty("kind").GetString()!, e))],
            new StandardNormal<double>(3), seed: 5, new SimdBackend<double>(1));
        var noise = new PhiloxNormals(12);
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
            flow.Store.Write(p.Var, flow.Store.Read(p.Var).Select(v => v + (0.2 * noise.Next())).ToArray());
        return flow;
    }
}
