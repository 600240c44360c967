using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A flow of the planar, linear and normalizing layers: it learns, its density integrates to one, and saving keeps every bit.</summary>
public sealed class ElementaryFlowTests
{
    [Fact]
    public void ItLearnsARingAndItsDensityIntegratesToOne()
    {
        using Flow<double> flow = Make();
        double[] data = Ring(400);
        double before = flow.LogProb(data).Average();
        using (var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { Epochs = 1, BatchSize = 400, Seed = 3, Schedule = LearningRateSchedule.Constant(0.01) }))
        {
            int growths = 0;
            for (int i = 0; i < 300; i++)
            {
                StepReport report = trainer.Step(data);
                // Batch normalization has no likelihood in training.
                Assert.Equal(ValueKind.Truncated, report.Value);
                if (i == 2) growths = trainer.TapeGrowths;
            }
            Assert.Equal(growths, trainer.TapeGrowths);
        }
        double after = flow.LogProb(data).Average();
        Assert.True(after > before + 0.5, $"{before} before, {after} after");

        // The trapezoidal rule on a box that holds all but the far tails.
        const int Points = 400;
        const double Half = 8;
        double step = 2 * Half / Points, total = 0;
        double[] row = new double[2 * (Points + 1)], logProb = new double[Points + 1];
        for (int i = 0; i <= Points; i++)
        {
            for (int j = 0; j <= Points; j++) (row[2 * j], row[(2 * j) + 1]) = (-Half + (i * step), -Half + (j * step));
            flow.LogProb(row, logProb);
            foreach (double l in logProb) total += Math.Exp(l) * step * step;
        }
        Assert.Equal(1, total, 2e-3);
    }

    [Fact]
    public void SavingAndSamplingKeepEveryBit()
    {
        using var folder = new TempFolder();
        using Flow<double> flow = Make();
        double[] data = Ring(100);
        using (var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { Epochs = 1, BatchSize = 100, Seed = 3, Schedule = LearningRateSchedule.Constant(0.01) }))
            for (int i = 0; i < 20; i++) trainer.Step(data);
        flow.Save(folder.At("flow.nflow"));
        using Flow<double> again = Flow<double>.Load(folder.At("flow.nflow"));
        Assert.Equal(flow.LogProb(data), again.LogProb(data));
        double[] samples = flow.Sample(50, 7);
        Assert.Equal(samples, again.Sample(50, 7));
        Assert.All(flow.LogProb(samples), l => Assert.True(double.IsFinite(l)));
    }

    private static Flow<double> Make()
    {
        List<IBijector<double>> layers = [new BatchNorm<double>(2), new LinearQr<double>(2, 2)];
        for (int i = 0; i < 6; i++) layers.Add(new Planar<double>(2));
        layers.AddRange([new Radial<double>(2), new LinearLu<double>(2), new NonlinearSquared<double>(2), new MatrixExponential<double>(2), new Sylvester<double>(2, 2, 2)]);
        layers.AddRange([new DiagonalLowRank<double>(2, 1), new LearnableLeakyRelu<double>(2), new LinearSvd<double>(2, 2), new Radial<double>(2), new SmoothTanh<double>(2, 1, 0.5)]);
        return new Flow<double>(layers, new StandardNormal<double>(2), seed: 5, backend: new SimdBackend<double>(1));
    }

    private static double[] Ring(int count)
    {
        var random = new PhiloxNormals(12);
        var x = new double[2 * count];
        for (int i = 0; i < count; i++)
        {
            double angle = 2 * Math.PI * i / count, radius = 2 + (0.2 * random.Next());
            (x[2 * i], x[(2 * i) + 1]) = (radius * Math.Cos(angle), radius * Math.Sin(angle));
        }
        return x;
    }
}
