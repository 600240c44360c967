using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The audit confirms what every strategy declares, and measures what it does not promise.</summary>
public sealed class StrategyAuditTests
{
    private const int D = 6, Rows = 12;

    public static TheoryData<string> Dense => [.. JacobianRegistry.NamesFor(SiteKinds.DenseMatrix)];

    public static TheoryData<string> Convolution => [.. JacobianRegistry.NamesFor(SiteKinds.Convolution)];

    public static TheoryData<string> Circular => [.. JacobianRegistry.NamesFor(SiteKinds.CircularConvolution)];

    [Theory]
    [MemberData(nameof(Dense))]
    public void A_matrix(string name) => Confirm(name, JacobianAudit.OfStrategy(new Linear<double>(D, JacobianRegistry.Create<double>(name)), new PhiloxNormals(5).Take(Rows * D), seed: 3));

    [Theory]
    [MemberData(nameof(Convolution))]
    public void A_convolution(string name) => Confirm(name, OfConvolution(name, circular: false));

    [Theory]
    [MemberData(nameof(Circular))]
    public void A_circular_convolution(string name) => Confirm(name, OfConvolution(name, circular: true));

    [Fact]
    public void An_unbiased_gradient_of_a_convolution_is_seen_to_vary()
    {
        LayerAudit layer = JacobianAudit.OfStrategy(new Conv2d<double>(new ImageShape(2, 3, 3), strategy: new BandedExact<double>(probes: 2)), new PhiloxNormals(6).Take(Rows * 18), seed: 4).Layers[0];
        Assert.Equal(GradientKind.Unbiased, layer.GradientKind);
        Assert.True(layer.Varies);
        Assert.Equal(200, layer.Draws);
        Assert.False(layer.Failed, Said(layer));
        Assert.InRange(layer.Parameters!.Variance, 1e-6, 10);
        // The mean is as near as its noise lets it be.
        Assert.InRange(layer.Parameters.RelativeError, 0.2 * layer.Parameters.Noise, 3 * layer.Parameters.Noise);
    }

    [Fact]
    public void The_published_form_is_half_of_the_gradient()
    {
        LayerAudit layer = Linear("snf-published", true).Layers[0];
        GradientAudit weight = Assert.Single(layer.Sites);
        Assert.Equal(("layers.0.weight", 0.5, 1.0), (weight.Name, Math.Round(weight.Scale, 10), Math.Round(weight.Cosine, 10)));
        Assert.InRange(layer.Parameters!.PenaltyShare, 0, 1e-10);
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Note && f.Text.Contains("of the exact length", StringComparison.Ordinal));
    }

    [Fact]
    public void The_relative_gradient_is_held_against_its_matrix()
    {
        GradientAudit gradient = Linear("relative", false).Layers[0].Parameters!;
        Assert.InRange(gradient.PreconditionedError, 0, 1e-12);
        Assert.InRange(gradient.Cosine, 0.1, 0.9999);
        // The authors' bias update is none that H^T H makes.
        LayerAudit layer = JacobianAudit.OfStrategy(Shifted(new RelativeGradient<double>(biasWithoutLogDet: true)), new PhiloxNormals(5).Take(Rows * D)).Layers[0];
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Failure && f.Text.Contains("H^T H", StringComparison.Ordinal));
    }

    [Fact]
    public void A_poor_learned_inverse_is_told()
    {
        using Flow<double> flow = Shifted(SelfNormalizing<double>.ReconstructionOnly(1));
        Var r = flow.Store.Find("layers.0.inverse_weight");
        double[] value = flow.Store.Read(r), noise = new PhiloxNormals(8).Take(value.Length);
        for (int i = 0; i < value.Length; i++) value[i] += 2 * noise[i];
        flow.Store.Write(r, value);
        LayerAudit layer = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D)).Layers[0];
        Assert.False(layer.Failed);
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Warning && f.Text.Contains("cosine", StringComparison.Ordinal));
        Assert.Equal(value, flow.Store.Read(r));
    }

    [Fact]
    public void The_flow_is_left_as_it_was_and_the_same_key_gives_the_same_numbers()
    {
        using var flow = new Flow<double>([new Linear<double>(D, new StaleInverse<double>(7)), new Residual<double>(D, [8], logDet: Estimator("""{"name":"roulette"}"""))], new StandardNormal<double>(D), 2, new SimdBackend<double>(1));
        double[] x = new PhiloxNormals(9).Take(Rows * D), buffers = State(flow);
        FlowAudit a = JacobianAudit.OfStrategy(flow, x, new AuditOptions { Draws = 30 }), b = JacobianAudit.OfStrategy(flow, x, new AuditOptions { Draws = 30 }), c = JacobianAudit.OfStrategy(flow, x, new AuditOptions { Draws = 30, Key = 1 });
        Assert.Equal(buffers, State(flow));
        Assert.Equal(a.Whole!.Value, b.Whole!.Value);
        Assert.Equal(a.Layers[1].Parameters, b.Layers[1].Parameters);
        Assert.NotEqual(a.Layers[1].Parameters, c.Layers[1].Parameters);
        Assert.False(a.Failed, Said(a.Whole));
    }

    [Fact]
    public void Layers_inside_another_are_judged_by_their_own_parameters()
    {
        IBijector<double>[] inner = [new Linear<double>(D, new RelativeGradient<double>()), new SmoothLeakyRelu<double>(D, 0.3), new Linear<double>(D, SelfNormalizing<double>.Published(1))];
        LayerAudit layer = JacobianAudit.OfStrategy(new Recomputed<double>(inner), new PhiloxNormals(5).Take(Rows * D), seed: 6).Layers[0];
        Assert.Equal([GradientKind.Preconditioned, GradientKind.Biased], layer.Sites.Select(i => i.Kind));
        Assert.InRange(layer.Sites[0].PreconditionedError, 0, 1e-10);
        Assert.InRange(layer.Sites[1].Scale, 0.3, 0.7);
        Assert.Contains(layer.Findings, f => f.Text.Contains("layers.0.layers.2.weight", StringComparison.Ordinal));
        Assert.Equal("relative, snf-published", layer.Strategy);
        Assert.False(layer.Failed, Said(layer));
    }

    [Fact]
    public void Rows_are_left_out_where_memory_is_short_and_a_stop_is_told()
    {
        using Flow<double> flow = Shifted(new ExactLu<double>());
        FlowAudit few = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { MemoryLimit = 4000 });
        Assert.InRange(few.Rows, 1, Rows - 1);
        Assert.Contains(few.Findings, f => f.Text.Contains("rows used", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        FlowAudit stopped = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { Progress = (_, done, _) => { if (done == 2) stop.Cancel(); } }, stop: stop.Token);
        Assert.False(stopped.IsComplete);
        Assert.Empty(stopped.Layers);
        Assert.Contains("stopped after 0 of 1 layers", stopped.Findings[^1].Text, StringComparison.Ordinal);
    }

    internal static ILogDetEstimator<double> Estimator(string json, double lipschitz = 0.9)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return LogDetRegistry.FromConfig<double>(document.RootElement, lipschitz);
    }

    internal static string Said(LayerAudit? layer) => layer is null ? "none" : string.Join("; ", layer.Findings.Select(f => $"{f.Level}: {f.Text}"));

    private static double[] State(Flow<double> flow)
    {
        var values = new double[flow.Store.BufferValues.Length];
        flow.Backend.Read(flow.Store.BufferValues, values);
        return [.. values, .. Enumerable.Range(0, flow.Store.Counters.Count).Select(i => (double)flow.Store[i])];
    }

    // A matrix that is not orthogonal, a bias that is not 0.
    private static Flow<double> Shifted(IJacobianStrategy<double> strategy)
    {
        var flow = new Flow<double>([new Linear<double>(D, strategy)], new StandardNormal<double>(D), 3, new SimdBackend<double>(1));
        flow.Store.Write(flow.Store.Find("layers.0.weight"), NativeFlow.Tests.Dense.Random(11, D, D, 0.2, addIdentity: true));
        flow.Store.Write(flow.Store.Find("layers.0.bias"), new PhiloxNormals(12).Take(D));
        return flow;
    }

    private static FlowAudit Linear(string name, bool inverse)
    {
        using Flow<double> flow = Shifted(JacobianRegistry.Create<double>(name));
        if (inverse) flow.Store.Write(flow.Store.Find("layers.0.inverse_weight"), NativeFlow.Tests.Dense.Invert(flow.Store.Read(flow.Store.Find("layers.0.weight")), D).Inverse);
        return JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D));
    }

    private static FlowAudit OfConvolution(string name, bool circular)
        => JacobianAudit.OfStrategy(new Conv2d<double>(new ImageShape(2, 3, 3), circular: circular, strategy: JacobianRegistry.Create<double>(name)), new PhiloxNormals(6).Take(Rows * 18), seed: 4);

    private static void Confirm(string name, FlowAudit audit)
    {
        IJacobianStrategy<double> strategy = JacobianRegistry.Create<double>(name);
        LayerAudit layer = Assert.Single(audit.Layers);
        Assert.False(audit.Failed, Said(layer) + Said(audit.Whole));
        Assert.Equal((name, strategy.Value, strategy.Gradient), (layer.Strategy, layer.Value.Kind, layer.GradientKind));
        Assert.InRange(layer.MapDifference, 0, 1e-12);
        if (strategy.Value == ValueKind.Exact) Assert.InRange(Math.Abs(layer.Value.Bias), 0, 1e-10);
        else Assert.Equal(strategy.Value == ValueKind.None, double.IsNaN(layer.Value.Mean));
        if (strategy.Gradient == GradientKind.Exact) Assert.InRange(layer.Parameters!.RelativeError, 0, 1e-9);
        if (strategy.Gradient == GradientKind.Preconditioned) Assert.InRange(layer.Parameters!.PreconditionedError, 0, 1e-9);
        Assert.InRange(layer.Parameters!.Cosine, 0.3, 1.0000001);
        Assert.InRange(layer.Input!.RelativeError, 0, 1e-9);
        Assert.InRange(layer.Cost.TrainNodes, 1, 100);
        Assert.True(layer.Cost.TrainBytes > 0 && layer.Cost.ExactMilliseconds > 0);
    }
}
