using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Residual and continuous flows learn a curved density, with every estimator; on any number of threads the same.</summary>
public sealed class FreeFormTrainingTests
{
    private const int Rows = 128;

    public static TheoryData<string, bool> Cases => new()
    {
        { "exact", true },
        { """{"kind":"residual","dimension":2,"hidden":[16],"log_det":{"name":"truncated","terms":6}}""", true },
        { """{"kind":"residual","dimension":2,"hidden":[16],"lipschitz":0.8,"log_det":{"name":"roulette"}}""", true },
        { """{"kind":"residual","dimension":2,"hidden":[16],"lipschitz":0.8,"log_det":{"name":"neumann"}}""", true },
        { """{"kind":"free-form","dimension":2,"hidden":[16],"weight":30}""", false },
        { """{"kind":"free-form","dimension":2,"hidden":[16],"weight":30,"probes":2,"surrogate":"conditional"}""", false },
        { """{"kind":"cnf","dimension":2,"hidden":[16],"solver":{"name":"rk4","steps":4}}""", false },
        { """{"kind":"cnf","dimension":2,"hidden":[16],"solver":{"name":"midpoint","steps":4},"trace":"hutchinson","kinetic":0.01,"frobenius":0.01}""", false },
        { """{"kind":"cnf","dimension":2,"hidden":[16],"solver":{"name":"dopri5","rtol":1e-3,"atol":1e-3},"trace":"hutchinson","gradient":"adjoint"}""", false },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Learns(string recipe, bool residual)
    {
        if (recipe == "exact") recipe = """{"kind":"residual","dimension":2,"hidden":[16]}""";
        (double before, double after, double[] weights) = Train(recipe, residual ? 3 : 1, 1);
        // From an entropy of the standard normal's fit to well below it, in nats a sample.
        Assert.True(after > before + 0.25, $"log-likelihood {before} to {after}");
        (_, _, double[] again) = Train(recipe, residual ? 3 : 1, 2);
        Assert.Equal(weights, again);
    }

    private static (double Before, double After, double[] Weights) Train(string recipe, int layers, int threads)
    {
        using var backend = new SimdBackend<double>(threads);
        var config = System.Text.Json.JsonDocument.Parse(recipe).RootElement;
        var transforms = new List<IBijector<double>>();
        for (int i = 0; i < layers; i++) transforms.Add(BijectorRegistry.Create<double>(config.GetProperty("kind").GetString()!, config));
        using var flow = new Flow<double>(transforms, new StandardNormal<double>(2), seed: 3, backend);
        using var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { BatchSize = Rows, Seed = 4, Dequantize = false, Schedule = LearningRateSchedule.Constant(0.015) });
        double[] x = Bananas();
        double before = flow.LogProb(x).Average();
        for (int step = 0; step < 100; step++) trainer.Step(x);
        return (before, flow.LogProb(x).Average(), [.. flow.Store.Parameters.SelectMany(p => flow.Store.Read(p.Var))]);
    }

    // y = x^2 / 2 + noise.
    private static double[] Bananas()
    {
        double[] noise = new PhiloxNormals(6).Take(2 * Rows);
        for (int r = 0; r < Rows; r++) noise[(2 * r) + 1] = (0.3 * noise[(2 * r) + 1]) + (0.5 * noise[2 * r] * noise[2 * r]);
        return noise;
    }
}
