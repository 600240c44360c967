using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using Xunit;
using Xunit.Sdk;

namespace NativeFlow.Tests;

/// <summary>Trajectories and clipped gradients of PyTorch, and planted faults that they must catch.</summary>
public sealed class OptimizerFixtureTests
{
    public static TheoryData<string, string> Trajectories() => Cases("optimizer_");

    public static TheoryData<string, string> Clips() => Cases("clip_grad_norm");

    [Fact]
    public void EveryFixtureOfTheGroupIsRun()
    {
        Assert.Equal(15, Fixture.List("optim").Count());
        Assert.Equal(2 * 15, Trajectories().Count + Clips().Count);
    }

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void TrajectoryInDouble(string name, string backend) => Trajectory<double>(name, backend, null);

    [Theory]
    [MemberData(nameof(Trajectories))]
    public void TrajectoryInFloat(string name, string backend) => Trajectory<float>(name, backend, 1e-5);

    [Theory]
    [MemberData(nameof(Clips))]
    public void ClipInDouble(string name, string backend) => Clip<double>(name, backend, null, 1);

    [Theory]
    [MemberData(nameof(Clips))]
    public void ClipInFloat(string name, string backend) => Clip<float>(name, backend, 1e-5, 1);

    [Theory]
    [InlineData("adam_a")]
    [InlineData("adam_amsgrad_a")]
    [InlineData("adam_betas_eps_a")]
    [InlineData("adamw_a")]
    [InlineData("adamax_a")]
    public void DroppedBiasCorrectionIsCaught(string name)
    {
        // So late that the corrections are 1.
        AssertCaught(name, HarnessOf(name), h => h.StepCount = 1_000_000);
    }

    [Fact]
    public void DampenedFirstStepIsCaught() => AssertCaught("sgd_dampening_a", HarnessOf("sgd_dampening_a"), h => h.StepCount = 1);

    [Fact]
    public void WrongOptionsAreCaught()
    {
        AssertCaught("adamw_a", With("adamw_a", new Adam<double>(weightDecay: 0.1)));
        AssertCaught("adam_wd_a", With("adam_wd_a", new Adam<double>(weightDecay: 0.1, decoupled: true)));
        AssertCaught("adam_amsgrad_a", With("adam_amsgrad_a", new Adam<double>()));
        AssertCaught("adam_a", With("adam_a", new Adam<double>(eps: 2e-8)));
        AssertCaught("sgd_nesterov_wd_a", With("sgd_nesterov_wd_a", new Sgd<double>(0.9, weightDecay: 0.01)));
        AssertCaught("sgd_nesterov_wd_a", With("sgd_nesterov_wd_a", new Sgd<double>(0.9, nesterov: true)));
        AssertCaught("sgd_momentum_a", With("sgd_momentum_a", new Sgd<double>(0.9, dampening: 0.01)));
        AssertCaught("rmsprop_centered_momentum_a", With("rmsprop_centered_momentum_a", new RmsProp<double>(momentum: 0.9)));
        AssertCaught("rmsprop_centered_momentum_a", With("rmsprop_centered_momentum_a", new RmsProp<double>(centered: true)));
        AssertCaught("rmsprop_a", With("rmsprop_a", new RmsProp<double>(eps: 2e-8)));
        AssertCaught("adagrad_a", With("adagrad_a", new Adagrad<double>(learningRateDecay: 1e-6)));
        AssertCaught("adagrad_a", With("adagrad_a", new Adagrad<double>(initialAccumulator: 1e-6)));
    }

    [Theory]
    [InlineData("optim/clip_grad_norm2_a")]
    [InlineData("optim/clip_grad_inf_a")]
    public void ClipWithoutTheSafetyTermIsCaught(string name)
    {
        double norm = Fixture.Load(name)["total_norm"][0];
        // max/(norm + 1e-6) becomes exactly max/norm.
        Assert.ThrowsAny<XunitException>(() => Clip<double>(name, "reference", null, (norm + 1e-6) / norm));
    }

    private static TheoryData<string, string> Cases(string layer)
    {
        var data = new TheoryData<string, string>();
        foreach (string name in Fixture.List("optim").Where(n => Fixture.Load(n).Metadata["layer"].StartsWith(layer, StringComparison.Ordinal)))
            foreach (string backend in (string[])["reference", "simd"]) data.Add(name, backend);
        return data;
    }

    private static void Trajectory<T>(string name, string backend, double? rtol) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Fixture fixture = Fixture.Load(name);
        using var harness = OptimizerHarness<T>.Of(fixture, OptimizerHarness<T>.Backend(backend), OptimizerHarness<T>.Create(fixture));
        harness.AssertTrajectory(fixture, rtol);
        Assert.Equal(10, harness.Optimizer.StepsTaken(harness.Store));
    }

    private static void Clip<T>(string name, string backend, double? rtol, double fault) where T : unmanaged, IFloatingPointIeee754<T>
    {
        Fixture fixture = Fixture.Load(name);
        GradientNorm norm = fixture.Config.GetProperty("norm").GetString() == "inf" ? GradientNorm.Infinity : GradientNorm.Two;
        using var harness = new OptimizerHarness<T>(OptimizerHarness<T>.Backend(backend), new Sgd<T>(), [("a", 3, 2, [], 1, true), ("b", 1, 5, [], 1, true)]);
        harness.SetGradient(0, fixture["grad.a"]);
        harness.SetGradient(1, fixture["grad.b"]);
        using var clip = new GradientClip<T>(harness.Store, fixture.Config.GetProperty("max_norm").GetDouble() * fault, norm);
        fixture.AssertClose("total_norm", [clip.Apply()], rtol);
        fixture.AssertClose("clipped.a", [.. harness.Store.ReadGradient(harness.Vars[0]).Select(double.CreateTruncating)], rtol);
        fixture.AssertClose("clipped.b", [.. harness.Store.ReadGradient(harness.Vars[1]).Select(double.CreateTruncating)], rtol);
    }

    private static OptimizerHarness<double> HarnessOf(string name) => With(name, OptimizerHarness<double>.Create(Fixture.Load("optim/" + name)));

    private static OptimizerHarness<double> With(string name, IOptimizer<double> optimizer)
        => OptimizerHarness<double>.Of(Fixture.Load("optim/" + name), new ReferenceBackend<double>(), optimizer);

    private static void AssertCaught(string name, OptimizerHarness<double> harness, Action<OptimizerHarness<double>>? fault = null)
    {
        using (harness)
        {
            fault?.Invoke(harness);
            Assert.ThrowsAny<XunitException>(() => harness.AssertTrajectory(Fixture.Load("optim/" + name)));
        }
    }
}
