using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The training form: statistics of the batch, running ones moved, gradients through the statistics.</summary>
public sealed class BatchNormTests
{
    private const int Rows = 7, Channels = 3, Pixels = 2;

    [Fact]
    public void TrainingMakesMeanZeroAndVarianceOneAChannel()
    {
        using var backend = new SimdBackend<double>(1);
        (BatchNorm<double> layer, ParameterStore<double> store) = Make(backend, 0.25);
        using (store)
        {
            double[] x = Batch(), z = Train(layer, backend, store, x, out FlowStep step);
            Assert.Equal((ValueKind.Truncated, GradientKind.Biased), (step.Value, step.Gradient));
            double[] mean = store.Read(store.Find("layer.running_mean")), variance = store.Read(store.Find("layer.running_var"));
            for (int channel = 0; channel < Channels; channel++)
            {
                double[] input = Channel(x, channel), output = Channel(z, channel);
                double m = input.Average(), v = input.Sum(e => (e - m) * (e - m)) / (input.Length - 1);
                Assert.Equal(0, output.Average(), 1e-12);
                Assert.Equal(v / (v + 1e-5), output.Sum(e => e * e) / (output.Length - 1), 1e-10);
                Assert.Equal(0.25 * m, mean[channel], 1e-12);
                Assert.Equal(0.75 + (0.25 * v), variance[channel], 1e-12);
            }
        }
    }

    [Fact]
    public void TrainingGradientsFlowThroughTheStatistics()
    {
        using var backend = new ReferenceBackend<double>();
        (BatchNorm<double> layer, ParameterStore<double> store) = Make(backend, 0.1);
        using (store)
        {
            double[] x = Batch(), ct = new PhiloxNormals(4).Take(x.Length);
            using var tape = new Tape<double>(backend, store);
            Var v = tape.Input(x, Rows, layer.Dimension, needsGrad: true);
            tape.Backward(Loss(layer, tape, v, ct));
            var gradient = new double[x.Length];
            tape.ReadGrad(v, gradient);
            for (int i = 0; i < x.Length; i++)
            {
                double Moved(double by)
                {
                    double[] moved = [.. x];
                    moved[i] += by;
                    using var other = new Tape<double>(backend, store);
                    return other.Scalar(Loss(layer, other, other.Input(moved, Rows, layer.Dimension), ct));
                }
                Assert.Equal((Moved(1e-5) - Moved(-1e-5)) / 2e-5, gradient[i], 1e-7);
            }
        }
    }

    // Statistics that have settled on a fixed batch make evaluation equal to training.
    [Fact]
    public void EvaluationAgreesWithTrainingOnceTheStatisticsHaveSettled()
    {
        using var backend = new SimdBackend<double>(1);
        (BatchNorm<double> layer, ParameterStore<double> store) = Make(backend, 0.5);
        using (store)
        {
            double[] x = Batch(), z = [];
            for (int i = 0; i < 60; i++) z = Train(layer, backend, store, x, out _);
            BijectorChecks.Close("evaluation", BijectorChecks.Run(layer, backend, store, x, inverse: false).Out, z, 1e-12);
            BijectorChecks.Close("inverse", BijectorChecks.Run(layer, backend, store, z, inverse: true).Out, x, 1e-12);
        }
    }

    [Fact]
    public void OneNumberAChannelIsRefusedInTraining()
    {
        using var backend = new SimdBackend<double>(1);
        var layer = new BatchNorm<double>(2);
        using var store = new ParameterStore<double>(backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        using var tape = new Tape<double>(backend, store);
        var error = Assert.Throws<ArgumentException>(() => layer.Forward(tape, tape.Input([1.0, 2.0], 1, 2), new StepContext { Mode = FlowMode.Train }));
        Assert.Contains("at least two rows", error.Message, StringComparison.Ordinal);
    }

    private static (BatchNorm<double>, ParameterStore<double>) Make(IBackend<double> backend, double momentum)
    {
        var layer = new BatchNorm<double>(Channels, Pixels, momentum: momentum);
        var store = new ParameterStore<double>(backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        return (layer, store);
    }

    private static double[] Batch() => [.. new PhiloxNormals(3).Take(Rows * Channels * Pixels).Select((v, i) => (v * (1 + (i % 6 / 2))) + (i % 6) - 2)];

    private static double[] Channel(double[] x, int channel) => [.. x.Where((_, i) => i % (Channels * Pixels) / Pixels == channel)];

    private static double[] Train(BatchNorm<double> layer, IBackend<double> backend, ParameterStore<double> store, double[] x, out FlowStep step)
    {
        using var tape = new Tape<double>(backend, store);
        step = layer.Forward(tape, tape.Input(x, Rows, layer.Dimension), new StepContext { Mode = FlowMode.Train });
        var z = new double[x.Length];
        tape.Read(step.Output, z);
        return z;
    }

    private static Var Loss(BatchNorm<double> layer, Tape<double> tape, Var x, double[] ct)
    {
        FlowStep step = layer.Forward(tape, x, new StepContext { Mode = FlowMode.Train });
        return tape.Add(tape.Sum(tape.Multiply(tape.Input(ct, Rows, layer.Dimension), step.Output)), tape.Scale(step.LogAbsDet, 1.7));
    }
}
