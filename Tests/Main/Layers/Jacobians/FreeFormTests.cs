using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The free-form surrogate on a matrix: its mean, its probes, and the choice between encoder and decoder.</summary>
public sealed class FreeFormTests
{
    private const int D = 5, Rows = 7;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void The_mean_is_the_self_normalizing_gradient(int probes)
    {
        // At an R that is no inverse: E[v (R v)^T] = R^T, whatever R.
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Random(2, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        using var backend = new SimdBackend<double>(1);
        StrategyRun learned = StrategyRun.Of(SelfNormalizing<double>.ReconstructionOnly(0.7), w, b, r, x, backend);
        var strategy = new FreeForm<double>(0.7, probes);
        StrategyConformance.MeanEquals("G_W", learned.GradW, [.. Enumerable.Range(0, 1000).Select(key => StrategyRun.Of(strategy, w, b, r, x, backend, key: (ulong)key).GradW)]);
        StrategyRun one = StrategyRun.Of(strategy, w, b, r, x, backend);
        Dense.Close("G_R", learned.GradR, one.GradR, 1e-12);
        Dense.Close("G_b", learned.GradB, one.GradB, 1e-12);
        Dense.Close("dX", learned.GradX, one.GradX, 1e-12);
        Assert.Equal(learned.Penalty, one.Penalty, 1e-12);
        Assert.Equal(0, one.LogDet);
    }

    [Fact]
    public void As_many_orthogonal_probes_as_features_leave_no_noise()
    {
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Random(2, D, D, 0.4, true), b = Dense.Random(3, 1, D), x = Dense.Random(4, Rows, D);
        using var backend = new SimdBackend<double>(1);
        StrategyRun learned = StrategyRun.Of(SelfNormalizing<double>.ReconstructionOnly(0.7), w, b, r, x, backend);
        Dense.Close("G_W", learned.GradW, StrategyRun.Of(new FreeForm<double>(0.7, D), w, b, r, x, backend).GradW, 1e-12);
    }

    [Fact]
    public void Probes_lie_on_the_sphere_and_are_orthogonal()
    {
        const int rows = 9, cols = 6;
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        var probes = new Var[4];
        FreeFormProbes<double>.Draw(tape, rows, cols, 3, 8, probes);
        double[][] v = [.. probes.Select(p => Read(tape, p))];
        for (int row = 0; row < rows; row++)
            for (int i = 0; i < v.Length; i++)
                for (int j = 0; j < v.Length; j++)
                    Assert.Equal(i == j ? cols : 0, Enumerable.Range(0, cols).Sum(k => v[i][(row * cols) + k] * v[j][(row * cols) + k]), 1e-12);
        var again = new Var[4];
        FreeFormProbes<double>.Draw(tape, rows, cols, 3, 8, again);
        Assert.Equal(v[2], Read(tape, again[2]));
        FreeFormProbes<double>.Draw(tape, rows, cols, 3, 9, again);
        Assert.NotEqual(v[2], Read(tape, again[2]));
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.3)]
    public void The_probe_goes_to_the_side_that_reconstruction_would_move(double product)
    {
        // R W = product I: every probe has c = (product - 1) D. No data, so that the surrogate is all there is.
        double[] w = Dense.Random(1, D, D, 0.4, true), r = Dense.Scale(Dense.Invert(w, D).Inverse, product), x = new double[Rows * D];
        using var backend = new SimdBackend<double>(1);
        StrategyRun run = StrategyRun.Of(new FreeForm<double>(0, D, FreeFormSurrogate.Conditional), w, new double[D], r, x, backend);
        double[] none = new double[D * D];
        // Below 1 the encoder grows: -R^T; above 1 the decoder shrinks: +W^T.
        Dense.Close("G_W", product < 1 ? Dense.Scale(Dense.Transpose(r, D, D), -1) : none, run.GradW, 1e-12);
        Dense.Close("G_R", product < 1 ? none : Dense.Transpose(w, D, D), run.GradR, 1e-12);
        Assert.Equal(0, run.LogDet);
    }

    [Theory]
    [InlineData("free-form", null, 0, null)]
    [InlineData("free-form", null, 65, null)]
    [InlineData("free-form", -1.0, null, null)]
    [InlineData("free-form", null, null, "decoder")]
    [InlineData("exact-lu", null, null, "encoder")]
    public void Bad_options_are_one_clear_line(string name, double? weight, int? probes, string? surrogate)
    {
        BadInputException e = Assert.Throws<BadInputException>(() => JacobianRegistry.Create<float>(name, weight, probes: probes, surrogate: surrogate));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Contains(name, e.Message);
    }

    [Fact]
    public void More_probes_than_features_are_refused()
    {
        using var backend = new SimdBackend<double>(1);
        BadInputException e = Assert.Throws<BadInputException>(() => new Flow<double>([new Linear<double>(3, new FreeForm<double>(1, 4))], new StandardNormal<double>(3), 1, backend));
        Assert.Contains("between 1 and 3", e.Message);
    }

    [Theory]
    [InlineData(0.4, 0.5)]
    [InlineData(3, 2.5)]
    [InlineData(-1.5, -0.3)]
    public void In_one_dimension_it_follows_the_derived_flow(double w, double r)
    {
        const double s = 0.7, weight = 0.2;
        using var backend = new SimdBackend<double>(1);
        StrategyRun run = StrategyRun.Of(new FreeForm<double>(weight, 1, FreeFormSurrogate.Conditional), [w], [0], [r], [s, -s], backend);
        (double dw, double dr) = ConditionalField.Scalar(w, r, s, weight, ConditionalField.Derived);
        Assert.Equal(-dw, run.GradW[0], 1e-12);
        Assert.Equal(-dr, run.GradR[0], 1e-12);
    }

    [Theory]
    [InlineData(0.3, 3)]
    [InlineData(0.3, 2)]
    [InlineData(3, 0.2)]
    public void In_one_dimension_the_derived_choice_ends_at_the_maximum_likelihood_and_the_reversed_one_does_not(double w, double r)
    {
        const double s = 0.7, weight = 0.2;
        (double right, double inverse) = ConditionalField.Integrate(w, r, s, weight, ConditionalField.Derived);
        Assert.Equal(1 / s, right, 2e-3);
        Assert.Equal(s, inverse, 2e-3);
        (double wrong, double collapsed) = ConditionalField.Integrate(w, r, s, weight, ConditionalField.Reversed);
        Assert.True(Math.Abs(wrong - (1 / s)) > 0.5, $"w = {wrong}, r = {collapsed}");
    }

    [Fact]
    public void On_a_matrix_the_reversed_choice_opens_the_gap_and_the_derived_one_closes_it()
    {
        // Three features of very different variance, a penalty far below what the published update would need.
        double[] scale = [1, 0.5, 0.25];
        double derived = ConditionalField.Excess(scale, weight: 0.05, ConditionalField.Derived), reversed = ConditionalField.Excess(scale, weight: 0.05, ConditionalField.Reversed);
        Assert.True(derived < 0.02, $"{derived} nats above the optimum");
        Assert.True(!(reversed < 0.5), $"the reversed choice is only {reversed} nats above the optimum");
    }

    private static double[] Read(Tape<double> tape, Var v)
    {
        var values = new double[v.Length];
        tape.Read(v, values);
        return values;
    }
}
