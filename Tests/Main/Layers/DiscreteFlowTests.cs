using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Flows on whole numbers: exact both ways, probabilities that sum to 1, and training through the rounding.</summary>
public sealed class DiscreteFlowTests : IDisposable
{
    private readonly SimdBackend<float> _single = new(1);
    private readonly ReferenceBackend<double> _double = new();

    public void Dispose()
    {
        _single.Dispose();
        _double.Dispose();
    }

    [Fact]
    public void WholeNumbersComeBackToTheSameBits()
    {
        using Flow<float> flow = Make(_single, 4, noise: 3);
        float[] x = [.. Enumerable.Range(0, 400).Select(i => (float)(((i * 7919) % 2001) - 1000))];
        using var tape = new Tape<float>(_single, flow.Store);
        FlowStep step = flow.Forward(tape, tape.Input(x, 100, 4), new StepContext());
        float[] z = new float[400], logDet = new float[100], back = new float[400];
        tape.Read(step.Output, z);
        tape.Read(step.LogAbsDet, logDet);
        Assert.All(z, v => Assert.Equal(MathF.Round(v), v));
        Assert.NotEqual(x, z);
        Assert.All(logDet, v => Assert.Equal(0, v));
        Assert.Equal((ValueKind.Exact, GradientKind.Biased), (step.Value, step.Gradient));
        tape.Read(flow.Inverse(tape, step.Output, new StepContext()).Output, back);
        Assert.Equal(x, back);
    }

    [Fact]
    public void ProbabilitiesOfAllWholeNumbersSumToOne()
    {
        using Flow<double> flow = Make(_double, 2, noise: 1.5);
        const int Reach = 150;
        var grid = new List<double>();
        for (int i = -Reach; i <= Reach; i++)
            for (int j = -Reach; j <= Reach; j++) grid.AddRange([i, j]);
        Assert.Equal(1, flow.LogProb(grid.ToArray()).Sum(Math.Exp), 1e-12);
    }

    [Fact]
    public void TheBaseIsAccurateInItsTailsAndAtAnyScale()
    {
        foreach ((double logScale, double k, double expected) in ((double, double, double)[])
        [
            // log(s(1/2) - s(-1/2)); log(s(-39.5) - s(-40.5)); narrow: s(+-50) is 1, s(50) - s(-50) too; wide: about the density 1/(4 scale).
            (0, 0, Math.Log(Math.Tanh(0.25))),
            (0, 40, -39.5 + Math.Log(1 - Math.Exp(-1))),
            (-Math.Log(100), 0, 0),
            (Math.Log(1e6), 0, -Math.Log(4e6)),
        ])
        {
            using var flow = new Flow<double>([new LeakyRelu<double>(1, 1)], new DiscretizedLogistic<double>(1, [0.0], [logScale]), 0, _double);
            Assert.Equal(expected, flow.LogProb([k])[0], 1e-11);
        }
    }

    [Fact]
    public void SamplesAreWholeNumbersWithTheBasesProbabilities()
    {
        using var flow = new Flow<float>([new LeakyRelu<float>(1, 1)], new DiscretizedLogistic<float>(1, [0.3], [Math.Log(0.8)]), 0, _single);
        float[] x = flow.Sample(20000, seed: 3);
        Assert.All(x, v => Assert.Equal(MathF.Round(v), v));
        for (int k = -2; k <= 3; k++)
        {
            double expected = Math.Exp(flow.LogProb([k])[0]), got = x.Count(v => v == k) / 20000.0;
            Assert.Equal(expected, got, 4 * Math.Sqrt(expected / 20000));
        }
    }

    [Fact]
    public void TheGradientIsThatOfTheFlowWithoutRounding()
    {
        // Behind the rounding everything is linear (one coupling): with whole shifts the gradient of the bias must be the additive coupling's own.
        double[] gradient = BiasGradient(new IntegerAdditiveTransformer<double>()), smooth = BiasGradient(new AdditiveTransformer<double>());
        Assert.Equal(smooth[0], gradient[0], 1e-12);
        Assert.NotEqual(0, gradient[0]);
    }

    [Fact]
    public void TrainingFindsADependenceBetweenCounts()
    {
        // x2 = x1 + {-1, 0, 1}: apart from x1 itself only log 3 nats are left.
        var values = new byte[2 * 3000];
        var u = new double[values.Length];
        RandomFill.Uniform<double>(5, 0, 0, u);
        for (int i = 0; i < 3000; i++)
        {
            values[2 * i] = (byte)(2 + (u[2 * i] * 12));
            values[(2 * i) + 1] = (byte)(values[2 * i] + (int)(u[(2 * i) + 1] * 3) - 1);
        }
        Table table = Table.FromBytes("counts", 3000, 2, values, 16);
        using Flow<float> flow = new([Coupling(2, 0)], new DiscretizedLogistic<float>(2, [8, 0.0], [1, 0.5]), 1, _single);
        double before = LikelihoodEvaluation.Run(flow, table, 4, 1).Nats;
        using (var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = 100, Epochs = 20, Seed = 1, Schedule = LearningRateSchedule.Constant(1e-2) })) trainer.Fit(table);
        LikelihoodEvaluation after = LikelihoodEvaluation.Run(flow, table, 4, 1);
        // A probability never beats the entropy; a model that keeps the two apart never beats the sum of theirs.
        double least = Math.Log(12) + Math.Log(3), apart = Math.Log(12) + (Math.Log(36) / 18) + (Math.Log(18) / 9) + (Math.Log(12) * 10 / 12);
        Assert.True(-before > apart, $"{before}");
        Assert.InRange(-after.Nats, least - 0.02, apart - 0.7);
        // No dequantisation noise: another key changes nothing.
        Assert.Equal(after.Nats, LikelihoodEvaluation.Run(flow, table, 4, 99).Nats);
    }

    [Fact]
    public void AModelComesBackFromItsRecipe()
    {
        using Flow<double> flow = Make(_double, 2, noise: 0);
        using var json = System.Text.Json.JsonDocument.Parse(ModelFile.Recipe(flow));
        using Flow<double> again = ModelFile.FromRecipe<double>(json.RootElement, _double);
        Assert.Equal(ModelFile.Recipe(flow), ModelFile.Recipe(again));
        Assert.Equal(flow.LogProb([3, -4]), again.LogProb([3, -4]));
        Assert.Contains("2 features", Assert.Throws<ArgumentException>(() => new DiscretizedLogistic<double>(2, [1.0])).Message, StringComparison.Ordinal);
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => new DiscretizedLogistic<double>(1, [double.NaN])).Message, StringComparison.Ordinal);
    }

    private static Coupling<float> Coupling(int features, int parity)
        => new([.. Enumerable.Range(0, features).Select(j => j % 2 != parity)], new IntegerAdditiveTransformer<float>(), new Mlp<float>((features + 1) / 2, features / 2, [16], Activation.Tanh));

    private double[] BiasGradient(ITransformer<double> transformer)
    {
        using var flow = new Flow<double>([new Coupling<double>([false, true], transformer, new Mlp<double>(1, 1, []))], new StandardNormal<double>(2), 1, _double);
        flow.Store.Write(flow.Store.Find("layers.0.net.0.weight"), [2.0]);
        flow.Store.Write(flow.Store.Find("layers.0.net.0.bias"), [-1.0]);
        using var tape = new Tape<double>(_double, flow.Store);
        tape.Backward(flow.RecordObjective(tape, tape.Input([3.0, 1, -2, 5], 2, 2), new StepContext()).Loss);
        return flow.Store.ReadGradient(flow.Store.Find("layers.0.net.0.bias"));
    }

    private static Flow<T> Make<T>(IBackend<T> backend, int features, double noise) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        IBijector<T> Layer(int parity) => new Coupling<T>(
            [.. Enumerable.Range(0, features).Select(j => j % 2 != parity)], new IntegerAdditiveTransformer<T>(), new Mlp<T>(features / 2, features / 2, [6], Activation.Tanh));
        var flow = new Flow<T>([Layer(0), Layer(1), Layer(0)], new DiscretizedLogistic<T>(features), 1, backend);
        var normals = new PhiloxNormals(3);
        foreach (ParameterStore<T>.Entry p in flow.Store.Parameters)
            if (p.Name.StartsWith("layers", StringComparison.Ordinal)) flow.Store.Write(p.Var, Array.ConvertAll(normals.Take(p.Var.Length), v => noise * v));
        return flow;
    }
}
