using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;
using Xunit.Abstractions;

namespace NativeFlow.Tests;

/// <summary>What trained flows have to say for themselves, against the theory.</summary>
public sealed class TrainedFlowReportTests(ITestOutputHelper output)
{
    private const int D = 8;

    [Fact]
    public void The_linear_optimum_set_by_hand_fulfils_every_condition()
    {
        Table table = Gaussian(3000, 3);
        LikelihoodReport theory = LikelihoodReport.Of(table);
        using var flow = new Flow<double>([new Linear<double>(D)], new StandardNormal<double>(D), 1, new SimdBackend<double>(1));
        TrainedFlowReport start = TrainedFlowReport.Of(flow, table, null, 1, 5);
        SetOptimum(flow, theory.Moments);
        TrainedFlowReport report = TrainedFlowReport.Of(flow, table, null, 1, 5);
        Assert.Equal(theory.LinearOptimum!.Value, report.Train.Likelihood.Nats, 1e-9);
        Assert.Equal(theory.VolumeFloor!.Value, report.Train.Volume, 1e-9);
        LatentMoments latent = report.Train.Latent!;
        Assert.Equal(0, latent.Energy, 1e-9);
        Assert.Equal(0, latent.Mean, 1e-9);
        Assert.Equal(0, latent.Departure, 1e-9);
        Assert.Equal(1, latent.Largest, 1e-9);
        Assert.Equal(1, latent.Smallest, 1e-9);
        Assert.Equal(Math.Sqrt(D * (D + 1) / 3000.0), latent.DepartureSampling, 1e-12);
        Assert.Equal(0, Assert.Single(report.Linear).Residual, 1e-9);
        Assert.True(start.Linear[0].Residual > 1, $"at the start the residual is {start.Linear[0].Residual}");

        // On other rows what is left is sampling, within three times its root mean square.
        TrainedFlowReport fresh = TrainedFlowReport.Of(flow, Gaussian(3000, 4), null, 1, 5);
        Assert.InRange(fresh.Train.Latent!.Departure, latent.DepartureSampling / 3, 3 * latent.DepartureSampling);
        Assert.InRange(fresh.Linear[0].Residual, fresh.Linear[0].Sampling / 3, 3 * fresh.Linear[0].Sampling);
    }

    [Fact]
    public void Likelihood_is_volume_less_energy_and_layers_add_up()
    {
        Table train = Gaussian(700, 6), test = Gaussian(300, 7);
        using var flow = new Flow<double>([new Linear<double>(D), new SmoothLeakyRelu<double>(D, 0.3), new Linear<double>(D)], new StandardNormal<double>(D), 2, new SimdBackend<double>(1));
        var told = new List<string>();
        TrainedFlowReport report = TrainedFlowReport.Of(flow, train, test, 1, 5, progress: (what, share) =>
        {
            Assert.InRange(share, 0, 1);
            told.Add(what);
        });
        foreach (TrainedFlowPart part in (TrainedFlowPart[])[report.Train, report.Test!])
        {
            Assert.Equal(part.Volume - 0.5 * D * Math.Log(2 * Math.PI * Math.E) - part.Latent!.Energy, part.Likelihood.Nats, 1e-9);
            Assert.Equal(part.Volume, part.Layers.Sum(l => l.Mean), 1e-9);
            Assert.Equal(["linear", "smooth-leaky-relu", "linear"], part.Layers.Select(l => l.Kind));
            Assert.Equal(0, part.Layers[0].Deviation);
            Assert.True(part.Layers[1].Deviation > 0.01);
        }

        Assert.Equal([0, 2], report.Linear.Select(l => l.Layer));
        Assert.Equal(0, report.Unmeasured);
        Assert.Contains("flow on the test rows", told);
        Assert.Equal(100, TrainedFlowReport.Of(flow, train, test, 1, 5, mostRows: 100).Train.Likelihood.Rows);
        TempFolder.AssertBadInput(() => TrainedFlowReport.Of(flow, TrainingRun.Sample(7), null, 1, 5), "7 columns");
    }

    [Fact]
    public void Residual_is_the_likelihoods_gradient_times_the_transposed_matrix()
    {
        Table table = Gaussian(200, 8);
        using var flow = new Flow<double>([new Linear<double>(D), new SmoothLeakyRelu<double>(D, 0.3), new Linear<double>(D)], new StandardNormal<double>(D), 2, new SimdBackend<double>(1));
        TrainedFlowReport report = TrainedFlowReport.Of(flow, table, null, 1, 5);
        // d/dW of the mean log-likelihood by the trainer's own route, exact-lu: G = E[delta h^T] + W^-T, so G W^T = E[delta y^T] + I.
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        var x = new double[200 * D];
        for (int r = 0; r < 200; r++) table.CopyRow(r, x.AsSpan(r * D, D));
        tape.Backward(flow.RecordObjective(tape, tape.Input(x, 200, D), new StepContext { Mode = FlowMode.Train }).Loss);
        foreach (LinearStationarity one in report.Linear)
        {
            Var weight = flow.Store.Find($"layers.{one.Layer}.weight");
            double[] g = flow.Store.ReadGradient(weight), w = flow.Store.Read(weight);
            double[] product = Mats.Product(g, Mats.Transpose(w, D, D), D, D, D);
            Assert.Equal(Math.Sqrt(product.Sum(v => v * v)), one.Residual, 1e-9);
        }
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_full_linear_layer_reaches_the_linear_optimum()
    {
        (LikelihoodReport theory, TrainedFlowReport report) = Trained(new ExactLu<double>());
        double gap = theory.LinearOptimum!.Value - report.Train.Likelihood.Nats;
        Assert.InRange(gap, -1e-9, 1e-3);
        Assert.True(report.Train.Latent!.Departure < 1e-2, $"|E[z z^T] - I| is {report.Train.Latent!.Departure}");
        // Well below what other rows of the same distribution would show.
        Assert.True(report.Linear[0].Residual < report.Linear[0].Sampling / 4, $"the residual is {report.Linear[0].Residual}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Slow")]
    public void A_self_normalizing_layer_comes_near_the_linear_optimum(bool published)
    {
        (LikelihoodReport theory, TrainedFlowReport report) = Trained(published ? SelfNormalizing<double>.Published(2) : SelfNormalizing<double>.ReconstructionOnly(2));
        double gap = theory.LinearOptimum!.Value - report.Train.Likelihood.Nats;
        Assert.InRange(gap, -1e-9, 0.05);
        LinearStationarity one = report.Linear[0];
        Assert.True(one.LearnedResidual < 0.1, $"the learned residual is {one.LearnedResidual}");
        Assert.InRange(one.Residual, one.LearnedResidual!.Value - one.InverseError!.Value - 1e-9, one.LearnedResidual!.Value + one.InverseError!.Value + 1e-9);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_coupling_flow_on_the_checkerboard_ends_between_floor_and_ceiling()
    {
        DataSet toy = Toys.Open("toy:checkerboard");
        LikelihoodReport theory = LikelihoodReport.Of(toy);
        var layers = new List<IBijector<double>>();
        for (int k = 0; k < 4; k++)
        {
            layers.Add(new ActNorm<double>(2));
            layers.Add(new Linear<double>(2));
            layers.Add(BijectorRegistry.Create<double>("coupling", System.Text.Json.JsonDocument.Parse($$"""{"kind":"coupling","mask":[{{k % 2}},{{1 - (k % 2)}}],"transformer":{"kind":"rational-quadratic","bins":8,"tail_bound":5,"identity_init":true},"conditioner":{"kind":"mlp","hidden":[32,32],"activation":"relu"} }""").RootElement));
        }

        using var flow = new Flow<double>(layers, new StandardNormal<double>(2), 4, new SimdBackend<double>(1));
        const int steps = 400;
        using (var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { BatchSize = 256, Epochs = 1000, ClipNorm = 10, Seed = 1, Schedule = LearningRateSchedule.Constant(5e-3) }))
        {
            var batches = new BatchSource<double>(toy.Train, 256, 1, false);
            while (trainer.State.Step < steps) trainer.RunEpoch(batches, null, r => r.Step + 1 < steps);
        }

        TrainedFlowReport report = TrainedFlowReport.Of(flow, toy.Train, toy.Test, 1, 5, 4000);
        double found = report.Test!.Likelihood.Nats;
        output.WriteLine($"floor {theory.LinearOptimum:F4}, flow {found:F4} +- {report.Test.Likelihood.StandardError:F4}, ceiling {-theory.Entropy:F4}");
        // The ceiling is -log area exactly: 8 of the 16 squares of side 2.
        Assert.Equal(-Math.Log(32), -theory.Entropy!.Value, 1e-12);
        Assert.True(found > theory.LinearOptimum!.Value + 0.2);
        Assert.True(found < -theory.Entropy!.Value);
    }

    private (LikelihoodReport Theory, TrainedFlowReport Report) Trained(IJacobianStrategy<double> strategy)
    {
        Table table = Gaussian(20_000, 11);
        LikelihoodReport theory = LikelihoodReport.Of(table);
        using var flow = new Flow<double>([new Linear<double>(D, strategy)], new StandardNormal<double>(D), 1, new SimdBackend<double>(1));
        using var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { BatchSize = 500, Epochs = 50, Seed = 9, Schedule = LearningRateSchedule.Cosine(0.03, 2000) });
        TrainedFlowReport start = TrainedFlowReport.Of(flow, table, null, 1, 5);
        trainer.Fit(table);
        TrainedFlowReport report = TrainedFlowReport.Of(flow, table, null, 1, 5);
        LinearStationarity first = start.Linear[0], last = report.Linear[0];
        output.WriteLine($"{strategy.Name}: spectrum {theory.Moments.CovarianceSpectrum[0]:F3} .. {theory.Moments.CovarianceSpectrum[^1]:F3}, optimum {theory.LinearOptimum:F6}, gap {theory.LinearOptimum - report.Train.Likelihood.Nats:G4}, |E zz - I| {report.Train.Latent!.Departure:G4}");
        output.WriteLine($"residual {first.Residual:G4} -> {last.Residual:G4} (sampling {last.Sampling:G4}), learned {last.LearnedResidual:G4}, |WR - I| {last.InverseError:G4}");
        Assert.True(first.Residual > 20 * last.Residual);
        return (theory, report);
    }

    // Normal rows with standard deviations from 0.4 to 2.5, mixed by two reflections, off centre.
    private static Table Gaussian(int n, ulong seed)
    {
        var x = new double[n * D];
        RandomFill.Gaussian<double>(seed, 0, 0, x);
        for (int r = 0; r < n; r++)
        {
            Span<double> row = x.AsSpan(r * D, D);
            for (int i = 0; i < D; i++) row[i] *= 0.4 * Math.Pow(6.25, i / (D - 1.0));
            Reflect(row, i => 1 + i);
            Reflect(row, i => i % 3 - 0.7);
            for (int i = 0; i < D; i++) row[i] += 0.5 * i - 1;
        }

        return Table.FromDoubles("gaussian", n, D, x);
    }

    private static void Reflect(Span<double> row, Func<int, double> axis)
    {
        double dot = 0, square = 0;
        for (int i = 0; i < D; i++) (dot, square) = (dot + axis(i) * row[i], square + axis(i) * axis(i));
        for (int i = 0; i < D; i++) row[i] -= 2 * dot / square * axis(i);
    }

    // W = L^-1 of the covariance L L^T, b = -W mean: one of the maps with the linear optimum.
    private static void SetOptimum(Flow<double> flow, DataMoments moments)
    {
        double[] factor = moments.Covariance.ToArray(), w = Mats.Identity<double>(D), b = new double[D];
        Assert.True(Cholesky.Factor<double>(factor, D) < 0);
        TriangularSolve.Left<double>(new Triangle(Lower: true), factor, D, w, D);
        for (int i = 0; i < D; i++)
            for (int j = 0; j < D; j++) b[i] -= w[i * D + j] * moments.Mean[j];
        flow.Store.Write(flow.Store.Find("layers.0.weight"), w);
        flow.Store.Write(flow.Store.Find("layers.0.bias"), b);
    }
}
