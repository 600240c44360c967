using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Maps onto or from a part of the line: what lies outside is refused by name, and the ends keep their digits.</summary>
public sealed class IntervalTests
{
    public static TheoryData<string, double, string> Outside => new()
    {
        { "cauchy-cdf", 1, "outside (0, 1)" },
        { "exp", 0, "outside (0, Infinity)" },
        { "exp", -2, "outside (0, Infinity)" },
        { "sigmoid", 1.25, "outside (0, 1)" },
        { "softplus", -1e-3, "outside (0, Infinity)" },
        { "tanh", -1, "outside (-1, 1)" },
    };

    [Theory]
    [MemberData(nameof(Outside))]
    public void TheInverseRefusesWhatIsOutside(string kind, double bad, string range)
    {
        using var reference = new ReferenceBackend<double>();
        using var simd = new SimdBackend<double>(1);
        foreach (IBackend<double> backend in (IBackend<double>[])[reference, simd])
        {
            IBijector<double> layer = Make(kind);
            using var tape = new Tape<double>(backend);
            double[] z = [0.5, 0.25, 0.5, 0.25, 0.5, bad];
            var error = Assert.Throws<OutsideDomainException>(() => layer.Inverse(tape, tape.Input(z, 2, 3), new StepContext()));
            Assert.Contains($"row 1, column 2 is {bad.ToString(System.Globalization.CultureInfo.InvariantCulture)}", error.Message, StringComparison.Ordinal);
            Assert.Contains(range, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AnOverflowIsRefusedForward()
    {
        using var backend = new SimdBackend<float>(1);
        using var tape = new Tape<float>(backend);
        var error = Assert.Throws<OutsideDomainException>(() => new Exp<float>(2).Forward(tape, tape.Input([1f, 89f], 1, 2), new StepContext()));
        Assert.Contains("row 0, column 1 is 89", error.Message, StringComparison.Ordinal);
        FlowStep step = new Exp<float>(2).Forward(tape, tape.Input([1f, 88.72f], 1, 2), new StepContext());
        var z = new float[2];
        tape.Read(step.Output, z);
        Assert.True(float.IsFinite(z[1]));
    }

    // Far out the value is an end of the interval, but the log-determinant is not lost.
    [Theory]
    [InlineData("tanh", 1000, 1.38629436111989 - 2000)]
    [InlineData("sigmoid", -1000, -1000)]
    [InlineData("softplus", -700, -700)]
    [InlineData("cauchy-cdf", 1e100, -1.1447298858494 - 460.517018598809)]
    public void TheLogDeterminantOfSaturatedElementsIsExact(string kind, double x, double expected)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        FlowStep step = Make(kind).Forward(tape, tape.Input([x, x, x], 1, 3), new StepContext());
        Assert.Equal(3 * expected, tape.Scalar(step.LogAbsDet), 1e-10 * Math.Abs(expected));
    }

    // Small z keep their relative accuracy where the formula of the book would not.
    [Theory]
    [InlineData("cauchy-cdf", 1e-12, -318309886183.79067)]
    [InlineData("tanh", 1e-12, 1e-12)]
    [InlineData("softplus", 1e-12, -27.631021115928047)]
    [InlineData("softplus", 50, 50)]
    [InlineData("sigmoid", 1e-12, -27.631021115927547)]
    public void TheInverseKeepsItsDigitsNearTheEnds(string kind, double z, double expected)
    {
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        FlowStep step = Make(kind).Inverse(tape, tape.Input([z, z, z], 1, 3), new StepContext());
        var x = new double[3];
        tape.Read(step.Output, x);
        Assert.Equal(expected, x[0], 1e-14 * Math.Abs(expected));
    }

    // In single, at inputs far out: values, log-determinants and gradients, forward and (where the whole line has an image) back.
    [Theory]
    [InlineData("cauchy-cdf", false)]
    [InlineData("learnable-leaky-relu", true)]
    [InlineData("nonlinear-squared", true)]
    [InlineData("planar", true)]
    [InlineData("radial", true)]
    [InlineData("sigmoid", false)]
    [InlineData("smooth-tanh", true)]
    [InlineData("sneaky-relu", true)]
    [InlineData("softplus", false)]
    [InlineData("tanh", false)]
    public void SingleStaysFiniteFarOut(string kind, bool whole)
    {
        using var reference = new ReferenceBackend<float>();
        using var simd = new SimdBackend<float>(1);
        foreach (IBackend<float> backend in (IBackend<float>[])[reference, simd])
        {
            (IBijector<float> layer, ParameterStore<float> store) = BijectorCase.All.First(c => c.Kind == kind).Make(backend);
            using (store)
                foreach (float far in (float[])[-1000, 1000, -30, 30, 0])
                    foreach (bool inverse in (bool[])[false, .. whole ? [true] : Array.Empty<bool>()])
                    {
                        using var tape = new Tape<float>(backend, store);
                        var values = new float[2 * layer.Dimension];
                        Array.Fill(values, far);
                        Var x = tape.Input(values, 2, layer.Dimension, needsGrad: true);
                        FlowStep step = inverse ? layer.Inverse(tape, x, new StepContext()) : layer.Forward(tape, x, new StepContext());
                        tape.Backward(tape.Add(tape.Sum(step.Output), tape.Sum(step.LogAbsDet)));
                        Assert.Null(tape.FindNonFinite());
                        tape.ReadGrad(x, values);
                        Assert.All(values, g => Assert.True(float.IsFinite(g), $"{kind} at {far}, inverse {inverse}: gradient {g}"));
                        foreach (ParameterStore<float>.Entry p in store.Parameters) Assert.All(store.ReadGradient(p.Var), g => Assert.True(float.IsFinite(g), $"{kind} at {far}: {p.Name}"));
                    }
        }
    }

    private static IBijector<double> Make(string kind)
        => BijectorRegistry.Create<double>(kind, System.Text.Json.JsonDocument.Parse($$"""{"kind":"{{kind}}","dimension":3}""").RootElement);
}
