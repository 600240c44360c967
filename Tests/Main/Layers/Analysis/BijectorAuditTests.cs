using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The audit of a bijector of one's own: honest ones pass, defects that shipped elsewhere are named.</summary>
public sealed class BijectorAuditTests
{
    private static readonly double[] s_points = [0.3, -1.1, 0.7, 1.4, -0.2, 0.05];

    [Theory]
    [InlineData(PeerDefect.TanhLogDetSign, "forward log-det", "where brute force by backward passes has")]
    [InlineData(PeerDefect.InverseLogDetSign, "inverse log-det", "the sign is flipped; the forward direction is right")]
    [InlineData(PeerDefect.InverseLogDetSign, "forward + inverse log-det", "one of the two has the wrong sign")]
    [InlineData(PeerDefect.OneSidedRewrite, "inverse log-det", "off by the same 2E-06 everywhere: a constant factor is wrong or missing; the forward direction is right, so the two were written differently")]
    [InlineData(PeerDefect.OneSidedRewrite, "forward + inverse log-det", "should cancel, but leave 2E-06")]
    [InlineData(PeerDefect.NaiveTanhLogDet, "far away", "the log-determinant is -Infinity where f(x) is finite")]
    [InlineData(PeerDefect.UnselectedBranch, "far away", "a branch that is not selected")]
    public void A_defect_of_a_peer_is_named(PeerDefect defect, string check, string words)
    {
        BijectorAudit audit = JacobianAudit.OfBijector(new DefectiveTanh(defect), s_points);
        Assert.True(audit.Failed);
        Assert.False(audit[check].Passed, audit.ToString());
        Assert.Contains(words, audit[check].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_map_done_right_passes()
    {
        BijectorAudit audit = JacobianAudit.OfBijector(new DefectiveTanh(PeerDefect.None), s_points);
        Assert.False(audit.Failed, audit.ToString());
        Assert.All(audit.Checks, c => Assert.True(c.Passed));
        Assert.Equal(1 - Math.Pow(Math.Tanh(0.05), 2), audit.LargestSingularValue, 1e-12);
        Assert.Equal(1 - Math.Pow(Math.Tanh(1.4), 2), audit.SmallestSingularValue, 1e-12);
    }

    [Fact]
    public void An_inverse_that_stops_early_is_named()
    {
        BijectorAudit audit = JacobianAudit.OfBijector(new EarlyStoppingResidual(0.9, 1e-5), [3, 3.5, 2.8, -3]);
        Assert.Contains("stops by its step and not by its error", audit["round trip x, z, x"].Text, StringComparison.Ordinal);
        BijectorAudit honest = JacobianAudit.OfBijector(new EarlyStoppingResidual(0.5, 1e-26), s_points);
        Assert.True(honest["round trip x, z, x"].Passed, honest.ToString());
    }

    [Fact]
    public void An_inverse_log_determinant_at_the_wrong_point_is_named()
        => Assert.Contains("evaluated at the wrong point", JacobianAudit.OfBijector(new EarlyStoppingResidual(0.5, 1e-26, misplaced: true), s_points)["inverse log-det"].Text, StringComparison.Ordinal);

    [Theory]
    [InlineData(Fault.None, null, null)]
    [InlineData(Fault.Sign, "forward log-det", "the sign is flipped")]
    [InlineData(Fault.DroppedConstant, "forward log-det", "a constant factor is wrong or missing")]
    [InlineData(Fault.DroppedFactor, "forward log-det", "0.5 times the right value everywhere")]
    [InlineData(Fault.NoBatch, "row independence", "rows depend on each other")]
    [InlineData(Fault.ForwardTwice, "round trip x, z, x", "f^-1(f(x)) is off")]
    [InlineData(Fault.AssignedGradient, "gradients, forward", "gradient of input")]
    [InlineData(Fault.DetachedLogDet, "gradients, forward", "such as the log-determinant's, is missing")]
    public void A_fault_of_a_spline_is_named(Fault fault, string? check, string? words)
    {
        using var config = System.Text.Json.JsonDocument.Parse("""{"kind":"rational-quadratic-spline","dimension":2,"bins":4,"tail_bound":3}""");
        BijectorAudit audit = JacobianAudit.OfBijector(new FaultyBijector(BijectorRegistry.Create<double>("rational-quadratic-spline", config.RootElement), fault), s_points, new BijectorAuditOptions { Seed = 5 });
        if (check is null)
        {
            Assert.False(audit.Failed, audit.ToString());
            return;
        }
        Assert.False(audit[check].Passed, audit.ToString());
        Assert.Contains(words!, audit[check].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"kind":"linear","dimension":3}""")]
    [InlineData("""{"kind":"residual","dimension":3,"hidden":[8]}""")]
    [InlineData("""{"kind":"cnf","dimension":3,"hidden":[8]}""")]
    [InlineData("""{"kind":"planar","dimension":3}""")]
    [InlineData("""{"kind":"autoregressive","dimension":3,"transformer":{"kind":"affine"},"conditioner":{"kind":"made","hidden":[8]}}""")]
    public void Layers_of_the_library_pass(string json)
    {
        using var config = System.Text.Json.JsonDocument.Parse(json);
        BijectorAudit audit = JacobianAudit.OfBijector(BijectorRegistry.Create<double>(config.RootElement.GetProperty("kind").GetString()!, config.RootElement), new PhiloxNormals(3).Take(9), new BijectorAuditOptions { Far = 10 });
        Assert.False(audit.Failed, audit.ToString());
    }

    [Fact]
    public void A_plain_pair_of_functions_is_held_against_differences()
    {
        static (double[], double) Cube(double[] x) => ([.. x.Select(v => v + (v * v * v))], x.Sum(v => Math.Log(1 + (3 * v * v))));
        static (double[], double) Root(double[] z)
        {
            double[] x = [.. z];
            for (int i = 0; i < x.Length; i++)
                for (int step = 0; step < 60; step++) x[i] -= (x[i] + (x[i] * x[i] * x[i]) - z[i]) / (1 + (3 * x[i] * x[i]));
            return (x, -Cube(x).Item2);
        }

        BijectorAudit honest = JacobianAudit.OfBijector(2, Cube, Root, s_points), wrong = JacobianAudit.OfBijector(2, x => (Cube(x).Item1, -Cube(x).Item2), Root, s_points);
        Assert.False(honest.Failed, honest.ToString());
        Assert.Null(honest["gradients, forward"].Passed);
        Assert.Contains("the sign is flipped", wrong["forward log-det"].Text, StringComparison.Ordinal);
        Assert.True(wrong["inverse log-det"].Passed);
        Assert.Throws<ArgumentException>(() => JacobianAudit.OfBijector(2, x => ([x[0]], 0), Root, s_points));
    }

    [Fact]
    public void A_layer_of_a_flow_in_single_precision_is_audited_in_double()
    {
        using var single = new Flow<float>([new Linear<float>(2, SelfNormalizing<float>.Published(1))], new StandardNormal<float>(2), 4, new SimdBackend<float>(1));
        using Flow<double> flow = DoubleCopy.Of(single, backend: new SimdBackend<double>(1));
        Assert.Equal(single.Store.Read(single.Store.Find("layers.0.inverse_weight")).Select(v => (double)v), flow.Store.Read(flow.Store.Find("layers.0.inverse_weight")));
        BijectorAudit audit = JacobianAudit.OfBijector(flow.Transforms[0], s_points, store: flow.Store);
        Assert.False(audit.Failed, audit.ToString());
        double[] w = flow.Store.Read(flow.Store.Find("layers.0.weight"));
        Assert.Equal(Svd.ConditionNumber<double>(w, 2), audit.Condition, 1e-9);
    }

    [Fact]
    public void A_badly_conditioned_map_is_told()
    {
        using var config = System.Text.Json.JsonDocument.Parse("""{"kind":"affine","scale":[1e-8,1e7],"shift":[0,0]}""");
        BijectorAudit audit = JacobianAudit.OfBijector(BijectorRegistry.Create<double>("affine", config.RootElement), s_points);
        Assert.False(audit["conditioning"].Passed);
        Assert.Equal(1e15, audit.Condition, 1e3);
    }

    [Fact]
    public void A_log_determinant_of_zero_is_no_evidence()
    {
        using var config = System.Text.Json.JsonDocument.Parse("""{"kind":"rational-quadratic-spline","dimension":2,"bins":4,"tail_bound":3,"identity_init":true}""");
        BijectorAudit audit = JacobianAudit.OfBijector(BijectorRegistry.Create<double>("rational-quadratic-spline", config.RootElement), s_points, new BijectorAuditOptions { Perturbation = 0 });
        Assert.False(audit.Failed, audit.ToString());
        Assert.Contains("a wrong sign or factor would not show", audit["log-det is not 0"].Text, StringComparison.Ordinal);
    }
}
