using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The bound of variational dequantisation against probabilities that are known, its gradient, and what must be refused.</summary>
public sealed class VariationalDequantizationTests : IDisposable
{
    private const int Draws = 4000;
    private readonly SimdBackend<double> _backend = new(2);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void TheMeanOfTheExponentialIsTheProbability()
    {
        // Base normal, nothing between: P(x) is a product of normal masses of cells.
        using Flow<double> flow = Make(noise: 0.3);
        double[] x = [0, -1, 1, 0];
        double[] bound = new double[2], weight = new double[2], square = new double[2], mean = new double[2];
        for (int draw = 0; draw < Draws; draw++)
        {
            flow.LogProbBound(x, default, 5, draw, bound);
            for (int r = 0; r < 2; r++)
            {
                weight[r] += Math.Exp(bound[r]) / Draws;
                square[r] += Math.Exp(2 * bound[r]) / Draws;
                mean[r] += bound[r] / Draws;
            }
        }
        double Cell(double k) => (PreciseFunctions.Erf((k + 1) / Math.Sqrt(2)) - PreciseFunctions.Erf(k / Math.Sqrt(2))).High / 2;
        for (int r = 0; r < 2; r++)
        {
            double expected = Cell(x[2 * r]) * Cell(x[(2 * r) + 1]), error = Math.Sqrt((square[r] - (weight[r] * weight[r])) / Draws);
            Assert.InRange(weight[r], expected - (4 * error), expected + (4 * error));
            Assert.True(error < 0.05 * expected, $"{error} of {expected}: too few draws to tell");
            Assert.True(mean[r] < Math.Log(expected), $"{mean[r]} is above {Math.Log(expected)}");
        }
    }

    [Fact]
    public void TheGradientIsThatOfTheObjective()
    {
        using Flow<double> flow = Make(noise: 0.5);
        using var tape = new Tape<double>(_backend, flow.Store);
        double[] x = [0, 3, 2, 1, -1, 0];
        FlowObjective Record()
        {
            tape.Reset();
            return flow.RecordObjective(tape, tape.Input(x, 3, 2), new StepContext { Mode = FlowMode.Train, Step = 7, Key = 2 });
        }
        FlowObjective objective = Record();
        Assert.Equal((ValueKind.Bound, GradientKind.Unbiased), (objective.Value, objective.Gradient));
        tape.Backward(objective.Loss);
        int checkedNumbers = 0;
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            double[] gradient = flow.Store.ReadGradient(p.Var), values = flow.Store.Read(p.Var);
            for (int i = 0; i < values.Length; i += 3, checkedNumbers++)
            {
                double At(double h)
                {
                    double[] moved = (double[])values.Clone();
                    moved[i] += h;
                    flow.Store.Write(p.Var, moved);
                    return tape.Scalar(Record().Loss);
                }
                double difference = (At(1e-5) - At(-1e-5)) / 2e-5;
                Assert.True(Math.Abs(difference - gradient[i]) < 1e-7 * Math.Max(1, Math.Abs(difference)), $"{p.Name}[{i}]: {gradient[i]} against {difference}");
                flow.Store.Write(p.Var, values);
            }
        }
        Assert.True(checkedNumbers > 10);
    }

    [Fact]
    public void TrainingTightensTheBoundAndNeverPassesTheEntropy()
    {
        // Two levels that agree in 9 of 10 rows: the entropy is log 2 + H(0.1).
        var values = new byte[2000];
        var u = new double[2000];
        RandomFill.Uniform<double>(3, 0, 0, u);
        for (int i = 0; i < 1000; i++)
        {
            values[2 * i] = (byte)(u[2 * i] < 0.5 ? 1 : 0);
            values[(2 * i) + 1] = (byte)(u[(2 * i) + 1] < 0.1 ? 1 - values[2 * i] : values[2 * i]);
        }
        Table table = Table.FromBytes("bits", 1000, 2, values, 2);
        var layers = new List<IBijector<double>> { Dequantization(8), new Affine<double>([1, 1], [-1, -1]), Layer(0, true), Layer(0, false) };
        using var flow = new Flow<double>(layers, new StandardNormal<double>(2), 1, _backend);
        LikelihoodEvaluation before = LikelihoodEvaluation.Run(flow, table, 4, 1);
        using (var trainer = new FlowTrainer<double>(flow, new Adam<double>(), new TrainerOptions { BatchSize = 100, Epochs = 30, ValidateEvery = 30, Seed = 1, Schedule = LearningRateSchedule.Constant(1e-2), ClipNorm = 5 }))
            trainer.Fit(table, table);
        LikelihoodEvaluation after = LikelihoodEvaluation.Run(flow, table, 8, 1);
        Assert.Equal((ValueKind.Bound, 8), (after.Value, after.Draws));
        double rate = values.Chunk(2).Count(r => r[0] != r[1]) / 1000.0, ones = values.Where((_, i) => i % 2 == 0).Sum(v => v) / 1000.0;
        double entropy = Binary(rate) + Binary(ones);
        Assert.True(after.Nats > before.Nats + 0.3, $"{before.Nats} to {after.Nats}");
        Assert.True(-after.Nats > entropy - 0.02, $"{-after.Nats} is below the entropy {entropy}");
    }

    [Fact]
    public void ItIsRefusedWhereADensityIsAskedFor()
    {
        using Flow<double> flow = Make(noise: 0.1);
        Assert.Equal(ValueKind.Bound, flow.EvaluationValue);
        Assert.Contains("LogProbBound", Assert.Throws<InvalidOperationException>(() => flow.LogProb([1, 2])).Message, StringComparison.Ordinal);
        Assert.Contains("takes a context of 3", Assert.Throws<ArgumentException>(() => new VariationalDequantization<double>(2, [Layer(3, true)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SamplesAreWholeNumbersAndRecipesComeBack()
    {
        using Flow<double> flow = Make(noise: 0.1);
        Assert.All(flow.Sample(50, seed: 2), v => Assert.Equal(Math.Floor(v), v));
        using var json = System.Text.Json.JsonDocument.Parse(ModelFile.Recipe(flow));
        using Flow<double> again = ModelFile.FromRecipe<double>(json.RootElement, _backend);
        Assert.Equal(ModelFile.Recipe(flow), ModelFile.Recipe(again));
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters) again.Store.Write(again.Store.Find(p.Name), flow.Store.Read(p.Var));
        double[] first = new double[1], second = new double[1], third = new double[1];
        flow.LogProbBound([1, 2], default, 3, 0, first);
        again.LogProbBound([1, 2], default, 3, 0, second);
        flow.LogProbBound([1, 2], default, 3, 1, third);
        Assert.Equal(first, second);
        Assert.NotEqual(first, third);
    }

    private static double Binary(double p) => -(p * Math.Log(p)) - ((1 - p) * Math.Log(1 - p));

    private static Coupling<double> Layer(int context, bool first, int hidden = 12)
        => new([first, !first], new AffineTransformer<double>(new ScaleSettings(ScaleFunction.ClampTanh, Clamp: 2)), new Mlp<double>(1 + context, 2, [hidden], Activation.Tanh), context);

    private static VariationalDequantization<double> Dequantization(int hidden) => new(2, [Layer(2, true, hidden), Layer(2, false, hidden)], scale: 2);

    private Flow<double> Make(double noise)
    {
        var flow = new Flow<double>([Dequantization(4)], new StandardNormal<double>(2), 1, _backend);
        var normals = new PhiloxNormals(3);
        foreach (ParameterStore<double>.Entry p in flow.Store.Parameters)
        {
            double[] values = [.. flow.Store.Read(p.Var).Select(v => v + (noise * normals.Next()))];
            // Noise that is wide before the sigmoid reaches the ends of the cell: the weights p/q then have a moderate variance.
            if (p.Name.EndsWith("net.1.bias", StringComparison.Ordinal)) values[1] -= 0.42;
            flow.Store.Write(p.Var, values);
        }
        return flow;
    }
}
