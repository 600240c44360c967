using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The chart against the host's maps, its refusals, and a flow on points of the disk.</summary>
public sealed class HyperbolicChartTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void ItAgreesWithTheHostsViews(double radius)
    {
        double[] xs = [.. new PhiloxNormals(6).Take(12).Select(v => radius * v)], w = new double[12];
        for (int i = 0; i < 12; i += 3) HyperbolicPoints.Log0(xs.AsSpan(i, 3), radius, w.AsSpan(i, 3));
        foreach (HyperbolicCoordinates chart in (HyperbolicCoordinates[])[HyperbolicCoordinates.Poincare, HyperbolicCoordinates.Spatial])
        {
            double[] data = chart == HyperbolicCoordinates.Spatial ? xs : PointViews.ToPoincare(xs, 3, radius);
            BijectorChecks.Close($"{chart}, R {radius}", Run(new HyperbolicChart<double>(3, chart, radius), data, inverse: false), w, 1e-13);
            BijectorChecks.Close($"{chart} back, R {radius}", Run(new HyperbolicChart<double>(3, chart, radius), w, inverse: true), data, 1e-13);
        }
    }

    [Theory]
    [InlineData(1.0, 0.6, 0.8, "1")]
    [InlineData(1.0, 2, 0, "2")]
    [InlineData(2.0, 0, -2.5, "2.5")]
    [InlineData(1.0, double.NaN, 0, "NaN")]
    public void PointsOffTheDiskAreRefusedByRowAndNorm(double radius, double x, double y, string norm)
    {
        OutsideDomainException e = Assert.Throws<OutsideDomainException>(() => Run(new HyperbolicChart<double>(2, radius: radius), [0.1, 0.2, 0.3, 0, x, y], inverse: false));
        Assert.Contains($"row 2 has norm {norm}, expected one below {radius}", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void AFlowOnPointsOfTheDiskLearnsAWrappedNormal()
    {
        // The truth is in the family: the fit must come near it.
        using var backend = new SimdBackend<double>(1);
        var truth = new WrappedNormal<double>(2, [0.6, -0.4], [-0.3, -1.1], trainable: false);
        using var tape = new Tape<double>(backend);
        double[] w = new double[2 * 4000];
        tape.Read(truth.Sample(tape, 4000, 1, 1), w);
        double[] points = Run(new HyperbolicChart<double>(2), w, inverse: true);
        using var flow = new Flow<double>([new HyperbolicChart<double>(2)], new WrappedNormal<double>(2), 0, backend);
        using var trainer = new FlowTrainer<double>(flow, OptimizerFactory.Create<double>("adam"), new TrainerOptions { BatchSize = 4000, Schedule = LearningRateSchedule.Cosine(0.05, 150) });
        for (int step = 0; step < 150; step++) trainer.Step(points);
        BijectorChecks.Close("loc", flow.Store.Read(flow.Store.Find("base.loc")), [0.6, -0.4], 0.05);
        BijectorChecks.Close("log_scale", flow.Store.Read(flow.Store.Find("base.log_scale")), [-0.3, -1.1], 0.05);
    }

    private static double[] Run(HyperbolicChart<double> chart, double[] x, bool inverse)
    {
        using var backend = new SimdBackend<double>(1);
        using var store = new ParameterStore<double>(backend);
        chart.Attach(store, "layer", 0);
        store.Build();
        return BijectorChecks.Run(chart, backend, store, x, inverse).Out;
    }
}
