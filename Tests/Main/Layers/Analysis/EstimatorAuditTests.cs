using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Estimators of log|det(I + J)| in the audit: honest ones are confirmed on many keys, planted defects are named, variances are held against formulas.</summary>
public sealed class EstimatorAuditTests
{
    private const int D = 3, Rows = 6, Keys = 20;

    [Theory]
    [InlineData("""{"name":"roulette"}""")]
    [InlineData("""{"name":"roulette","stop":0.15,"exact_terms":1,"probe":"gaussian"}""")]
    [InlineData("""{"name":"neumann"}""")]
    public void Its_mean_is_within_four_standard_errors_on_twenty_keys(string json)
    {
        using Flow<double> flow = Block(StrategyAuditTests.Estimator(json));
        double[] x = new PhiloxNormals(5).Take(Rows * D);
        for (ulong key = 0; key < Keys; key++)
        {
            LayerAudit layer = JacobianAudit.OfStrategy(flow, x, new AuditOptions { Draws = 60, Key = key }).Layers[0];
            Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
            Assert.True(layer.Varies);
            Assert.InRange(layer.Parameters!.Variance, 1e-6, 1000);
            if (layer.Value.Kind == ValueKind.Unbiased) Assert.InRange(Math.Abs(layer.Value.Bias), 0, 4 * layer.Value.StandardError);
            Assert.InRange(layer.MapDifference, 0, 1e-9);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_exact_log_determinant_is_exact_whatever_the_power_iteration_began_with(int seed)
    {
        LayerAudit layer = JacobianAudit.OfStrategy(new Residual<double>(2, [16, 16]), new PhiloxNormals(5).Take(8), seed: (ulong)seed).Layers[0];
        Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
        Assert.InRange(layer.Parameters!.RelativeError, 0, 1e-6);
    }

    [Fact]
    public void A_truncated_series_may_be_off_and_its_bias_is_measured()
    {
        using Flow<double> flow = Block(StrategyAuditTests.Estimator("""{"name":"truncated","terms":1,"probes":8}"""));
        LayerAudit layer = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { Draws = 200 }).Layers[0];
        Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
        Assert.True(Math.Abs(layer.Value.Bias) > 8 * layer.Value.StandardError, $"{layer.Value.Bias} +- {layer.Value.StandardError}");
    }

    [Theory]
    [InlineData(EstimatorFault.ShiftedWeight, "declared Unbiased, but its mean is off by", "a wrong weight of a term")]
    [InlineData(EstimatorFault.CutOff, "declared Unbiased, but its mean is off by", "a series that is cut off")]
    [InlineData(EstimatorFault.Sign, "declared Exact, but off by up to", "the sign is flipped")]
    [InlineData(EstimatorFault.NoGraph, "gradient of the parameters: declared Unbiased, but its mean is off by", "scale")]
    [InlineData(EstimatorFault.ValueOfNone, "declares no value (None), yet records", "could be taken for a log-determinant")]
    public void A_planted_defect_is_named(EstimatorFault fault, params string[] words)
    {
        using Flow<double> flow = Block(new PlantedEstimator(fault));
        LayerAudit layer = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { Draws = 500 }).Layers[0];
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Failure && words.All(w => f.Text.Contains(w, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_same_estimator_without_a_defect_passes()
    {
        using Flow<double> flow = Block(new PlantedEstimator(EstimatorFault.None));
        Assert.False(JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { Draws = 500 }).Failed);
    }

    [Fact]
    public void The_shifted_weight_has_the_known_mean()
    {
        // J = 1/2: 1/2 - 1/2 log(3/2) instead of log(3/2).
        var options = new AuditOptions { Draws = 4000 };
        ValueAudit wrong = JacobianAudit.OfStrategy(new HalfResidual(new PlantedEstimator(EstimatorFault.ShiftedWeight)), [1.0, -0.5], options).Layers[0].Value;
        Assert.Equal(0.2973, wrong.Mean, 5 * wrong.StandardError);
        Assert.InRange(wrong.StandardError, 1e-5, 0.01);
        FlowAudit right = JacobianAudit.OfStrategy(new HalfResidual(new PlantedEstimator(EstimatorFault.None)), [1.0, -0.5], options);
        Assert.False(right.Failed, StrategyAuditTests.Said(right.Layers[0]));
        Assert.Equal(0.4055, right.Layers[0].Value.Exact, 1e-4);
    }

    [Fact]
    public void An_infinite_variance_is_told_and_no_bias_is_called_proven()
    {
        using Flow<double> flow = Block(new PlantedEstimator(EstimatorFault.CutOff, _ => new EstimatorMoments(0, double.PositiveInfinity)));
        LayerAudit layer = JacobianAudit.OfStrategy(flow, new PhiloxNormals(5).Take(Rows * D), new AuditOptions { Draws = 500 }).Layers[0];
        Assert.True(double.IsPositiveInfinity(layer.Value.FormulaVariance) && double.IsPositiveInfinity(layer.Value.FormulaSecondMoment));
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Warning && f.Text.StartsWith("infinite variance", StringComparison.Ordinal));
        Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Warning && f.Text.Contains("no proof", StringComparison.Ordinal));
        Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
    }

    [Theory]
    [InlineData(100.0, "far below the formula's")]
    [InlineData(0.01, "far above the formula's")]
    [InlineData(1.0, null)]
    public void A_sample_variance_is_held_against_the_formula(double factor, string? words)
    {
        using Flow<double> flow = Block(new PlantedEstimator(EstimatorFault.None));
        double[] x = new PhiloxNormals(5).Take(Rows * D);
        double variance = JacobianAudit.OfStrategy(flow, x, new AuditOptions { Draws = 500, DenseRows = Rows }).Layers[0].Value.Variance;
        using Flow<double> claimed = Block(new PlantedEstimator(EstimatorFault.None, _ => new EstimatorMoments(double.NaN, factor * variance)));
        LayerAudit layer = JacobianAudit.OfStrategy(claimed, x, new AuditOptions { Draws = 500, DenseRows = Rows }).Layers[0];
        Assert.Equal(variance, layer.Value.FormulaRowsVariance, 1e-10);
        if (words is null) Assert.DoesNotContain(layer.Findings, f => f.Level == AuditLevel.Warning);
        else Assert.Contains(layer.Findings, f => f.Level == AuditLevel.Warning && f.Text.Contains(words, StringComparison.Ordinal));
        Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
    }

    [Fact]
    public void The_jacobian_given_to_the_formula_is_that_of_the_block()
    {
        double[]? seen = null;
        using Flow<double> flow = Block(new PlantedEstimator(EstimatorFault.None, j =>
        {
            seen ??= j;
            return EstimatorMoments.Unknown;
        }));
        double[] x = new PhiloxNormals(5).Take(Rows * D);
        LayerAudit layer = JacobianAudit.OfStrategy(flow, x).Layers[0];
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        double[] expected = DenseJacobian.Of<double>(tape, x.AsSpan(0, D), (t, v) => flow.Forward(t, v, new StepContext()).Output);
        for (int i = 0; i < D; i++) expected[(i * D) + i] -= 1;
        NativeFlow.Tests.Dense.Close("J", expected, seen!, 1e-12);
        Assert.True(double.IsNaN(layer.Value.FormulaVariance));
    }

    [Fact]
    public void A_continuous_flow_and_its_probes()
    {
        using var config = System.Text.Json.JsonDocument.Parse("""{"kind":"cnf","dimension":2,"hidden":[8],"trace":"hutchinson"}""");
        LayerAudit layer = JacobianAudit.OfStrategy(Cnf<double>.FromConfig(config.RootElement), new PhiloxNormals(5).Take(8), new AuditOptions { Draws = 60 }, seed: 2).Layers[0];
        Assert.Equal(("hutchinson", ValueKind.Unbiased), (layer.Strategy, layer.Value.Kind));
        Assert.False(layer.Failed, StrategyAuditTests.Said(layer));
    }

    // A block that uses its Lipschitz constant up: weights above the bound, whose largest singular vectors fit each other.
    private static Flow<double> Block(ILogDetEstimator<double> estimator)
    {
        var flow = new Flow<double>([new Residual<double>(D, [12], lipschitz: 0.7, logDet: estimator)], new StandardNormal<double>(D), 7, new SimdBackend<double>(1));
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            if (p.Name.EndsWith(".weight", StringComparison.Ordinal)) flow.Store.Write(p.Var, Array.ConvertAll(flow.Store.Read(p.Var), w => 1 + (0.5 * w)));
            if (p.Name.EndsWith(".0.bias", StringComparison.Ordinal)) flow.Store.Write(p.Var, Enumerable.Repeat(1.0, p.Var.Length).ToArray());
        }
        return flow;
    }
}
