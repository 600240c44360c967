using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The finite-difference penalty: its value where it is known, its gradient, and that it is free where it is off.</summary>
[Collection(AloneCollection.Name)]
public sealed class BiLipschitzPenaltyTests
{
    private const int D = 4, Rows = 60;

    [Theory]
    [InlineData(0.1)]
    [InlineData(3)]
    public void For_a_multiple_of_the_identity_it_is_that_multiple_squared(double epsilon)
    {
        // z = 3 x: |F(x + eps d) - F(x)|^2 / eps^2 = 9 and 1/9 back, for every unit d, whatever the data.
        using var flow = new Flow<double>([new Affine<double>([3, 3, 3, 3], [1, 2, 3, 4])], new StandardNormal<double>(D), 1, new ReferenceBackend<double>());
        double value = Value(flow, new BiLipschitzPenalty { Weight = 0.5, Epsilon = epsilon }, Batch(), step: 0);
        Assert.Equal(0.5 * (9 + (1.0 / 9)), value, 1e-10);
    }

    [Fact]
    public void Its_mean_is_that_of_the_squared_singular_values()
    {
        // Anisotropic: E |J d|^2 = |J|_F^2 / D over unit d. Many rows, one step.
        double[] scale = [2, 1, 0.5, 4];
        using var flow = new Flow<double>([new Affine<double>(scale, new double[D])], new StandardNormal<double>(D), 1, new ReferenceBackend<double>());
        const int Many = 40_000;
        double[] x = new PhiloxNormals(3).Take(Many * D);
        double expected = scale.Sum(s => (s * s) + (1 / (s * s))) / D;
        // d_i^2 has mean 1/D and variance 2 (D - 1)/(D^2 (D + 2)): the standard error here is below 0.03.
        Assert.Equal(expected, Value(flow, new BiLipschitzPenalty { Weight = 1 }, x, step: 0), 0.12);
    }

    [Fact]
    public void Its_gradient_is_that_of_differences_with_the_latent_held()
    {
        using Flow<double> flow = Coupled();
        double[] x = Batch(), z = new double[x.Length];
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        tape.Read(flow.Forward(tape, tape.Input(x, Rows, D), new StepContext()).Output, z);
        tape.Reset();
        Var penalty = new BiLipschitzPenalty { Weight = 1 }.Record(flow, tape, tape.Input(x, Rows, D), new StepContext { Mode = FlowMode.Train, Key = 5 });
        Assert.Equal(ByHand(flow, x, z), tape.Scalar(penalty), 1e-10);
        tape.Backward(penalty);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters)
        {
            double[] gradient = flow.Store.ReadGradient(e.Var), values = flow.Store.Read(e.Var);
            for (int i = 0; i < values.Length; i++)
            {
                const double H = 1e-5;
                double at = values[i];
                double Moved(double to)
                {
                    values[i] = to;
                    flow.Store.Write(e.Var, values);
                    return ByHand(flow, x, z);
                }
                double expected = (Moved(at + H) - Moved(at - H)) / (2 * H);
                Moved(at);
                Assert.Equal(expected, gradient[i], 1e-6);
            }
        }
    }

    [Fact]
    public void A_step_without_it_has_the_bits_it_had()
    {
        float[] plain = Train(null, 7), off = Train(new BiLipschitzPenalty { Every = 1000, Weight = 1 }, 7), on = Train(new BiLipschitzPenalty { Every = 3, Weight = 0.1 }, 7), again = Train(new BiLipschitzPenalty { Every = 3, Weight = 0.1 }, 7);
        // Step 0 is penalised.
        Assert.NotEqual(plain, off);
        Assert.Equal(on, again);
        Assert.NotEqual(plain, on);
        // Without the penalised step 0 the runs are one and the same.
        Assert.Equal(Train(null, 7, skip: 1), Train(new BiLipschitzPenalty { Every = 1000 }, 7, skip: 1));
    }

    [Fact]
    public void It_holds_the_stretch_down()
    {
        Assert.True(Stretch(new BiLipschitzPenalty { Weight = 0.05, Every = 1 }) < 0.7 * Stretch(null), "the penalty must bring the condition number down");
    }

    [Fact]
    public void A_penalised_step_allocates_nothing()
    {
        using var run = new Run(new BiLipschitzPenalty { Every = 2 });
        for (int i = 0; i < 30; i++) run.Trainer.Step(run.Batch);
        int growths = run.Trainer.TapeGrowths;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 40; i++) run.Trainer.Step(run.Batch);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(growths, run.Trainer.TapeGrowths);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.Throws<BadInputException>(new BiLipschitzPenalty { Weight = 0 }.Check);
        Assert.Throws<BadInputException>(new BiLipschitzPenalty { Epsilon = double.NaN }.Check);
        Assert.Throws<BadInputException>(new BiLipschitzPenalty { Every = 0 }.Check);
        Assert.Throws<BadInputException>(() => new TrainerOptions { BiLipschitz = new BiLipschitzPenalty { Weight = -1 } }.Checked());
    }

    private static double[] Batch() => new PhiloxNormals(3).Take(Rows * D);

    private static double Value(Flow<double> flow, BiLipschitzPenalty penalty, double[] x, long step)
    {
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        return tape.Scalar(penalty.Record(flow, tape, tape.Input(x, x.Length / D, D), new StepContext { Mode = FlowMode.Train, Key = 5, Step = step }));
    }

    // The formula in separate passes, one end at a time, at a latent that is given.
    private static double ByHand(Flow<double> flow, double[] x, double[] z)
    {
        const double Epsilon = 0.1;
        using var tape = new Tape<double>(flow.Backend, flow.Store);
        double Half(double[] points, int index, Func<Var, Var> map)
        {
            Var from = tape.Input(points, Rows, D), draw = Probes.Draw(tape, ProbeKind.Gaussian, Rows, D, SeedMix.Of(5, 0xB117), 0, index);
            Var to = tape.Add(from, tape.Scale(tape.Divide(draw, tape.RowNorm(draw)), Epsilon));
            return tape.Scalar(tape.Sum(tape.Square(tape.Subtract(map(to), map(from))), 1 / (Epsilon * Epsilon * Rows)));
        }
        return Half(x, 0, v => flow.Forward(tape, v, new StepContext()).Output) + Half(z, 1, v => flow.Inverse(tape, v, new StepContext()).Output);
    }

    private static Flow<double> Coupled()
    {
        var flow = new Flow<double>(
            [new Coupling<double>([false, true, true, false], new AffineTransformer<double>(ScaleFunction.Tanh), new Mlp<double>(2, 4, [6], Activation.Tanh)), new ActNorm<double>(D)],
            new StandardNormal<double>(D), 1, new ReferenceBackend<double>());
        var noise = new PhiloxNormals(11);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters) flow.Store.Write(e.Var, [.. flow.Store.Read(e.Var).Select(v => v + (0.3 * noise.Next()))]);
        return flow;
    }

    private static float[] Train(BiLipschitzPenalty? penalty, int steps, int skip = 0)
    {
        using var run = new Run(penalty);
        run.Trainer.State.Step = skip;
        for (int i = 0; i < steps; i++) run.Trainer.Step(run.Batch);
        return [.. run.Flow.Store.Parameters.SelectMany(p => run.Flow.Store.Read(p.Var))];
    }

    // Condition number of a linear flow trained on data of very different spreads.
    private static double Stretch(BiLipschitzPenalty? penalty)
    {
        using var run = new Run(penalty, rate: 0.02);
        for (int i = 0; i < 300; i++) run.Trainer.Step(run.Batch);
        LipschitzBounds b = LipschitzCertificate.Of(run.Flow).Total;
        return b.Forward * b.Inverse;
    }

    private sealed class Run : IDisposable
    {
        private readonly SimdBackend<float> _backend = new(1);

        public Run(BiLipschitzPenalty? penalty, double rate = 1e-3)
        {
            Flow = new Flow<float>([new Linear<float>(D), new BoundedLinear<float>(D, D)], new StandardNormal<float>(D), 3, _backend);
            Trainer = new FlowTrainer<float>(Flow, new Adam<float>(), new TrainerOptions { Seed = 17, ClipNorm = 100, Schedule = LearningRateSchedule.Constant(rate), BiLipschitz = penalty });
            double[] x = BiLipschitzPenaltyTests.Batch();
            for (int i = 0; i < x.Length; i++) x[i] *= Math.Pow(10, -(i % D) / 2.0);
            Batch = Array.ConvertAll(x, v => (float)v);
        }

        public Flow<float> Flow { get; }

        public FlowTrainer<float> Trainer { get; }

        public float[] Batch { get; }

        public void Dispose()
        {
            Trainer.Dispose();
            Flow.Dispose();
            _backend.Dispose();
        }
    }
}
