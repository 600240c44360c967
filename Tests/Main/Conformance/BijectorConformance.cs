using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Every bijector in the registry through the same checks, on both backends.</summary>
public sealed class BijectorConformance
{
    public static TheoryData<string> Names => [.. BijectorCase.All.Select(c => c.Name)];

    [Fact]
    public void EveryKindHasACaseAndAPage()
    {
        string docs = Path.Combine(Fixture.Root, "..", "..", "docs", "bijectors");
        var missing = new List<string>();
        foreach (string kind in BijectorRegistry.Kinds)
        {
            // No bijections, with tests of their own: the one rounds (VariationalDequantizationTests), the other draws one of K points with the same z (PiecewiseTests).
            if (kind is not ("variational-dequantization" or "piecewise") && BijectorCase.All.All(c => c.Kind != kind)) missing.Add($"{kind}: no case in BijectorCase.All");
            if (!File.Exists(Path.Combine(docs, kind + ".md"))) missing.Add($"{kind}: no page docs/bijectors/{kind}.md");
        }
        Assert.True(missing.Count == 0, string.Join("; ", missing));
        Assert.Equal(BijectorRegistry.Kinds.Order(StringComparer.Ordinal), BijectorRegistry.Kinds);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnTheReference(string name)
    {
        using var backend = new ReferenceBackend<double>();
        BijectorChecks.All(Case(name), backend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConformsOnSimd(string name)
    {
        using var backend = new SimdBackend<double>(2);
        BijectorChecks.All(Case(name), backend);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void FloatAgreesWithDouble(string name)
    {
        BijectorCase test = Case(name);
        using var exact = new ReferenceBackend<double>();
        using var simd = new SimdBackend<float>(1);
        using var reference = new ReferenceBackend<float>();
        (IBijector<double> b, ParameterStore<double> store) = test.Make(exact);
        double[] x = test.Inputs(6, b.Dimension, 9).Select(v => (double)(float)v).ToArray();
        foreach (bool inverse in (bool[])[false, true])
        {
            double[] input = inverse ? BijectorChecks.Run(b, exact, store, x, false).Out.Select(v => (double)(float)v).ToArray() : x;
            (double[] z, double[] logDet) = BijectorChecks.Run(b, exact, store, input, inverse);
            foreach (IBackend<float> backend in (IBackend<float>[])[simd, reference])
            {
                (double[] single, double[] singleLogDet) = RunFloat(test, backend, input, inverse);
                BijectorChecks.Close($"float output on {backend.Name}", single, z, 3e-5);
                BijectorChecks.Close($"float log-det on {backend.Name}", singleLogDet, logDet, 3e-5);
            }
        }
        store.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ExtremeInputsStayFinite(string name)
    {
        BijectorCase test = Case(name);
        using var simd = new SimdBackend<double>(1);
        using var reference = new ReferenceBackend<double>();
        foreach (IBackend<double> backend in (IBackend<double>[])[simd, reference])
        {
            (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
            foreach (double extreme in test.Extreme)
            {
                double[] x = Enumerable.Repeat(extreme, 2 * b.Dimension).ToArray();
                BijectorChecks.Finite(b, backend, store, x, inverse: false, $"{name} at {extreme}");
            }
            foreach (double extreme in test.ExtremeOut ?? [-1000, 1000, 0])
            {
                // The sigmoid's slope underflows at its far ends: a gradient through its inverse is 0 there, as it should be.
                BijectorChecks.Finite(b, backend, store, Enumerable.Repeat(extreme, 2 * b.Dimension).ToArray(), inverse: true, $"inverse of {name} at {extreme}");
            }
            store.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NaNIsNeverHidden(string name)
    {
        BijectorCase test = Case(name);
        using var simd = new SimdBackend<double>(1);
        using var reference = new ReferenceBackend<double>();
        foreach (IBackend<double> backend in (IBackend<double>[])[simd, reference])
        {
            (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
            double[] x = test.Inputs(2, b.Dimension, 3), latent = BijectorChecks.Run(b, backend, store, x, inverse: false).Out;
            x[b.Dimension] = latent[b.Dimension] = double.NaN;
            // Where only part of the line has an image, NaN is refused by name; elsewhere it comes out.
            if (OutOrRefusal(b, backend, store, x, inverse: false) is { } z)
            {
                // Features of a row may mix, rows may not.
                Assert.DoesNotContain(z.AsSpan(0, b.Dimension).ToArray(), double.IsNaN);
                Assert.Contains(z.AsSpan(b.Dimension).ToArray(), double.IsNaN);
            }
            else
                Assert.True(b.Kind is "cauchy-cdf" or "exp" or "hyperbolic-chart" or "logit" or "softplus" || name.EndsWith("circular-spline", StringComparison.Ordinal) || name.EndsWith("-spline-box", StringComparison.Ordinal) || name.EndsWith("-rational-quadratic-bounded", StringComparison.Ordinal), $"{name} is a map of the whole line");
            if (OutOrRefusal(b, backend, store, latent, inverse: true) is { } back) Assert.Contains(back, double.IsNaN);
            else Assert.NotNull(test.ExtremeOut);
            store.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ConfigRoundTripIsBitEqual(string name)
    {
        BijectorCase test = Case(name);
        using var backend = new SimdBackend<double>(1);
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        (IBijector<double> again, ParameterStore<double> storeAgain) = test.Make(backend, Written(b));
        Assert.Equal(b.Dimension, again.Dimension);
        double[] x = test.Inputs(4, b.Dimension, 13);
        (double[] z, double[] logDet) = BijectorChecks.Run(b, backend, store, x, inverse: false);
        (double[] z2, double[] logDet2) = BijectorChecks.Run(again, backend, storeAgain, x, inverse: false);
        Assert.Equal(z, z2);
        Assert.Equal(logDet, logDet2);
        Assert.Equal(Written(b), Written(again));
        store.Dispose();
        storeAgain.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WrongWidthIsRefused(string name)
    {
        BijectorCase test = Case(name);
        using var backend = new ReferenceBackend<double>();
        (IBijector<double> b, ParameterStore<double> store) = test.Make(backend);
        using var tape = new Tape<double>(backend, store);
        int width = b.Dimension + 1;
        foreach (bool inverse in (bool[])[false, true])
        {
            Var x = tape.Input(new double[2 * width], 2, width);
            var error = Assert.Throws<ArgumentException>(() => inverse ? b.Inverse(tape, x, new StepContext()) : b.Forward(tape, x, new StepContext()));
            Assert.Contains($"2x{width}", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{b.Dimension} features", error.Message, StringComparison.Ordinal);
        }
        store.Dispose();
    }

    [Theory]
    [InlineData("smooth-leaky-relu", Fault.Sign, "log-det against brute force by backward")]
    [InlineData("rational-quadratic-spline", Fault.Sign, "log-det against brute force by backward")]
    [InlineData("actnorm", Fault.Sign, "log-det against brute force by backward")]
    [InlineData("logit", Fault.DroppedConstant, "log-det against brute force by backward")]
    [InlineData("affine", Fault.DroppedConstant, "log-det against brute force by backward")]
    [InlineData("leaky-relu", Fault.DroppedFactor, "log-det against brute force by backward")]
    [InlineData("smooth-leaky-relu", Fault.NoBatch, "log-det against brute force by backward")]
    [InlineData("smooth-leaky-relu", Fault.ForwardTwice, "round trip x -> z -> x")]
    [InlineData("permutation", Fault.ForwardTwice, "round trip x -> z -> x")]
    [InlineData("smooth-leaky-relu", Fault.AssignedGradient, "gradient of two uses, forward")]
    [InlineData("smooth-leaky-relu", Fault.DetachedLogDet, "gradient of the input, forward")]
    [InlineData("actnorm", Fault.DetachedLogDet, "gradient of layer.log_scale, forward")]
    [InlineData("smooth-leaky-relu", Fault.None, null)]
    [InlineData("actnorm", Fault.None, null)]
    public void PlantedFaultsAreRejected(string name, Fault fault, string? rule)
    {
        using var backend = new ReferenceBackend<double>();
        void Check() => BijectorChecks.All(Case(name), backend, b => new FaultyBijector(b, fault));
        if (rule is null) Check();
        else Assert.Equal(rule, Assert.Throws<BijectorFault>(Check).Rule);
    }

    [Fact]
    public void TransposedParametersAreRejected()
    {
        using var backend = new ReferenceBackend<double>();
        var test = new BijectorCase("matrix", """{"kind":"leaky-relu","dimension":2}""", -3, 3, []);
        BijectorChecks.All(test, backend, _ => new MatrixBijector(transposed: false));
        var fault = Assert.Throws<BijectorFault>(() => BijectorChecks.All(test, backend, _ => new MatrixBijector(transposed: true)));
        Assert.Equal("round trip x -> z -> x", fault.Rule);
    }

    private static double[]? OutOrRefusal(IBijector<double> b, IBackend<double> backend, ParameterStore<double> store, double[] x, bool inverse)
    {
        try
        {
            return BijectorChecks.Run(b, backend, store, x, inverse).Out;
        }
        catch (OutsideDomainException e)
        {
            Assert.Contains(b.Kind == "hyperbolic-chart" ? "row 1 has norm NaN" : "row 1, column 0 is NaN", e.Message, StringComparison.Ordinal);
            return null;
        }
    }

    private static BijectorCase Case(string name) => BijectorCase.All.Single(c => c.Name == name);

    private static string Written(IBijector<double> b)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("kind", b.Kind);
            b.WriteConfig(json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static (double[] Out, double[] LogDet) RunFloat(BijectorCase test, IBackend<float> backend, double[] x, bool inverse)
    {
        (IBijector<float> b, ParameterStore<float> store) = test.Make(backend);
        using var tape = new Tape<float>(backend, store);
        int rows = x.Length / b.Dimension;
        Var v = tape.Input(Array.ConvertAll(x, value => (float)value), rows, b.Dimension);
        FlowStep step = inverse ? b.Inverse(tape, v, new StepContext()) : b.Forward(tape, v, new StepContext());
        float[] z = new float[x.Length], logDet = new float[step.LogAbsDet.Length];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        store.Dispose();
        return (Array.ConvertAll(z, value => (double)value), Enumerable.Range(0, rows).Select(r => (double)logDet[logDet.Length == 1 ? 0 : r]).ToArray());
    }
}
