using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Certified bounds of stretch against singular values of the dense Jacobian, in and out of distribution.</summary>
public sealed class LipschitzCertificateTests
{
    private const int Points = 1000;
    private const string Net = """{"kind":"mlp","hidden":[8,8],"activation":"tanh","spectral_norm":0.8}""";

    public static TheoryData<string, double> Flows => new()
    {
        { """[{"kind":"actnorm","channels":4},{"kind":"linear","dimension":4}]""", double.PositiveInfinity },
        { """[{"kind":"actnorm","channels":4,"center_first":true},{"kind":"linear-svd","dimension":4,"reflections":4},{"kind":"householder","dimension":4,"reflections":2}]""", double.PositiveInfinity },
        { """[{"kind":"affine","scale":[0.5,-2,3,0.1],"shift":[1,2,-3,0]},{"kind":"leaky-relu","dimension":4,"slope":0.3},{"kind":"bounded-linear","dimension":4,"log_bound":0.7},{"kind":"sneaky-relu","dimension":4},{"kind":"rotation","dimension":4}]""", double.PositiveInfinity },
        { $$"""[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"additive"},"conditioner":{{Net}}},{"kind":"coupling","mask":[1,0,0,1],"transformer":{"kind":"additive"},"conditioner":{{Net}}}]""", double.PositiveInfinity },
        { """[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[5],"activation":"silu"}},{"kind":"permutation","order":[3,1,0,2]}]""", double.PositiveInfinity },
        { """[{"kind":"residual","dimension":4,"hidden":[8],"lipschitz":0.7},{"kind":"elementwise","dimension":4,"transformer":{"kind":"affine"}}]""", double.PositiveInfinity },
        { $$"""[{"kind":"loft","dimension":4,"tau":3},{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine","scale":"tanh","clamp":0.5},"conditioner":{{Net}}}]""", 20 },
        { $$"""[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine","scale":"half-sigmoid"},"conditioner":{{Net}}},{"kind":"coupling","mask":[1,0,0,1],"transformer":{"kind":"affine","scale":"sigmoid"},"conditioner":{{Net}}}]""", 10 },
        { $$"""[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine","scale":"learned-tanh","volume_preserving":true},"conditioner":{{Net}}}]""", 10 },
        { $$"""[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine"},"conditioner":{"kind":"separate","networks":[{{Net}},{{Net}}] } }]""", -1 },
        { $$"""[{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine"},"conditioner":{{Net}}}]""", 3 },
    };

    [Theory]
    [MemberData(nameof(Flows))]
    public void Measured_stretch_never_exceeds_the_certified(string layers, double inputBound)
    {
        using Flow<double> flow = Make(layers);
        if (inputBound < 0)
        {
            Assert.Contains("separate", LipschitzCertificate.Of(flow).Total.Reason, StringComparison.Ordinal);
            return;
        }
        LipschitzBounds certified = LipschitzCertificate.Of(flow, inputBound).Total;
        Assert.Equal("", certified.Reason);
        (double forward, double inverse, double output) = Measure(flow, Math.Min(inputBound, 50));
        // The bound is of exact arithmetic; the weights' norms are found to 1e-12.
        Assert.True(forward <= certified.Forward * (1 + 1e-9), $"measured {forward}, certified {certified.Forward}");
        Assert.True(inverse <= certified.Inverse * (1 + 1e-9), $"inverse: measured {inverse}, certified {certified.Inverse}");
        Assert.True(output <= certified.OutputBound, $"output {output}, certified {certified.OutputBound}");
        // Finite, and not so wide that nothing could exceed it.
        Assert.InRange(certified.Forward * certified.Inverse, 1, 1e5 * forward * inverse);
    }

    [Theory]
    [InlineData("""{"kind":"linear","dimension":4}""")]
    [InlineData("""{"kind":"bounded-linear","dimension":4}""")]
    [InlineData("""{"kind":"linear-svd","dimension":4,"reflections":4}""")]
    [InlineData("""{"kind":"actnorm","channels":4}""")]
    public void A_linear_layers_bound_is_its_norm(string layer)
    {
        using Flow<double> flow = Make($"[{layer}]");
        LipschitzBounds certified = LipschitzCertificate.Of(flow).Total;
        (double forward, double inverse, _) = Measure(flow, 1, 1);
        Assert.Equal(forward, certified.Forward, 1e-10 * forward);
        Assert.Equal(inverse, certified.Inverse, 1e-10 * inverse);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(2)]
    public void An_additive_couplings_bound_is_reached(double tau)
    {
        // One number passes, one moves by tau times it: [1 0; tau 1].
        using Flow<double> flow = Make("""[{"kind":"coupling","mask":[0,1],"transformer":{"kind":"additive"},"conditioner":{"kind":"mlp","hidden":[]}}]""");
        flow.Store.Write(flow.Store.Find("layers.0.net.0.weight"), [tau]);
        LipschitzBounds certified = LipschitzCertificate.Of(flow).Total;
        (double forward, double inverse, _) = Measure(flow, 1, 1);
        Assert.Equal((tau + Math.Sqrt((tau * tau) + 4)) / 2, certified.Forward, 1e-14);
        Assert.Equal(certified.Forward, certified.Inverse, 1e-14);
        Assert.Equal(forward, certified.Forward, 1e-12);
        Assert.Equal(inverse, certified.Inverse, 1e-12);
    }

    [Theory]
    [InlineData("tanh", "bound on the input")]
    [InlineData("exp", "no upper bound")]
    [InlineData("softplus", "no upper bound")]
    public void What_cannot_be_known_says_why(string scale, string why)
    {
        using Flow<double> flow = Make($$"""[{"kind":"actnorm","channels":4},{"kind":"coupling","mask":[0,1,1,0],"transformer":{"kind":"affine","scale":"{{scale}}"},"conditioner":{"kind":"mlp","hidden":[4] } }]""");
        LipschitzBounds total = LipschitzCertificate.Of(flow).Total;
        Assert.Equal(double.PositiveInfinity, total.Forward);
        Assert.StartsWith("layer 1, coupling: ", total.Reason, StringComparison.Ordinal);
        Assert.Contains(why, total.Reason, StringComparison.Ordinal);
        using Flow<double> spline = Make("""[{"kind":"rational-quadratic-spline","dimension":4}]""");
        Assert.Contains("rational-quadratic-spline", LipschitzCertificate.Of(spline).Total.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sigmoid_without_a_floor_has_no_inverse_bound()
    {
        using Flow<double> flow = Make("""[{"kind":"coupling","mask":[0,1],"transformer":{"kind":"affine","scale":"sigmoid","least":0},"conditioner":{"kind":"mlp","hidden":[4]}}]""");
        LipschitzBounds total = LipschitzCertificate.Of(flow, double.PositiveInfinity).Total;
        Assert.Equal(double.PositiveInfinity, total.Inverse);
        Assert.Contains("lower bound above 0", total.Reason, StringComparison.Ordinal);
    }

    private static Flow<double> Make(string layers)
    {
        using JsonDocument json = JsonDocument.Parse(layers);
        IBijector<double>[] transforms = [.. json.RootElement.EnumerateArray().Select(l => BijectorRegistry.Create<double>(l.GetProperty("kind").GetString()!, l))];
        var flow = new Flow<double>(transforms, new StandardNormal<double>(transforms[0].Dimension), 3, new ReferenceBackend<double>());
        // Away from the start, where everything is nearly the identity.
        var noise = new PhiloxNormals(11);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters)
            flow.Store.Write(e.Var, [.. flow.Store.Read(e.Var).Select(v => v + (0.6 * noise.Next()))]);
        return flow;
    }

    // Largest singular values of J and J^-1 and largest |z|; half of the points near 0, half all over the box.
    private static (double Forward, double Inverse, double Output) Measure(Flow<double> flow, double box, int points = Points)
    {
        int d = flow.Dimension;
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        var random = new PhiloxNormals(23);
        double forward = 0, inverse = 0, output = 0;
        double[] s = new double[d], z = new double[d];
        for (int p = 0; p < points; p++)
        {
            double[] x = [.. random.Take(d).Select(v => Math.Clamp(v, -box, box))];
            if (p % 2 == 1) x = [.. x.Select(v => box * Math.Tanh(2 * v))];
            Svd.Values<double>(DenseJacobian.Of<double>(tape, x, (t, v) => flow.Forward(t, v, new StepContext()).Output), d, d, s);
            (forward, inverse) = (Math.Max(forward, s[0]), Math.Max(inverse, 1 / s[^1]));
            tape.Reset();
            tape.Read(flow.Forward(tape, tape.Input(x, 1, d), new StepContext()).Output, z);
            output = Math.Max(output, z.Max(Math.Abs));
        }
        return (forward, inverse, output);
    }
}
