using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>
/// One weight, Gaussian input of variance s^2: the published update finds the maximum-likelihood solution w = 1/s, r = s only if the
/// penalty weight exceeds 1/(8 s^2); with R trained by reconstruction alone any positive weight will do. The best classroom example.
/// </summary>
public sealed class ScalarStabilityTests
{
    private const double S = 0.1, Threshold = 1 / (8 * S * S);

    [Fact]
    public void Published_below_the_threshold_ends_at_a_wrong_fixed_point()
    {
        (double w, double r) = Train(SelfNormalizing<double>.Published(0.88 * Threshold), 1 / S * 1.02, S);
        Assert.True(Math.Abs(w * S - 1) > 0.03, $"w s = {w * S}");
        Assert.True(Math.Abs(w * r - 1) > 0.1, $"w r = {w * r}");
    }

    [Fact]
    public void Published_above_the_threshold_ends_at_the_maximum_likelihood_solution()
    {
        (double w, double r) = Train(SelfNormalizing<double>.Published(1.12 * Threshold), 1 / S * 1.02, S);
        Assert.Equal(1 / S, w, 1e-6);
        Assert.Equal(S, r, 1e-8);
    }

    [Fact]
    public void Reconstruction_only_converges_at_a_thousandth()
    {
        (double w, double r) = Train(SelfNormalizing<double>.ReconstructionOnly(1e-3), 1 / S * 1.02, S);
        Assert.Equal(1 / S, w, 1e-6);
        Assert.Equal(S, r, 1e-8);
    }

    // Full-batch gradient descent, step sizes preconditioned by the two diagonal curvatures, on two points of variance exactly s^2.
    private static (double W, double R) Train(SelfNormalizing<double> strategy, double w0, double r0)
    {
        using var backend = new ReferenceBackend<double>();
        using var store = new ParameterStore<double>(backend);
        Var weight = store.AddParameter("w", 1, 1, [w0]);
        JacobianSite site = strategy.Attach(store, new JacobianSite(SiteKinds.DenseMatrix, "site", 1, weight, Var.None), [w0]);
        store.Build();
        store.Write(site.InverseWeight, [r0]);
        using var tape = new Tape<double>(backend, store);
        // Preconditioning by positive constants leaves the stability condition as it is: it depends on the sign of a determinant.
        double rateW = 0.2 / (S * S), rateR = strategy.Form == SelfNormalizingForm.Published ? 0.2 / (2 * strategy.Weight) * 0.1 : 0.2 / (2 * strategy.Weight);
        double w = w0, r = r0;
        for (int step = 0; step < 60000; step++)
        {
            tape.Reset();
            Var x = tape.Input([S, -S], 2, 1);
            FlowStep s = strategy.Record(tape, site, x, new StepContext { Mode = FlowMode.Train, Step = step });
            Var loss = tape.Add(tape.Sum(tape.Add(tape.StandardNormalLogProb(s.Output), s.LogAbsDet), -0.5), s.Penalty);
            tape.Backward(loss);
            w -= 0.1 * rateW * store.ReadGradient(weight)[0];
            r -= rateR * store.ReadGradient(site.InverseWeight)[0];
            store.Write(weight, [w]);
            store.Write(site.InverseWeight, [r]);
        }
        return (w, r);
    }
}
