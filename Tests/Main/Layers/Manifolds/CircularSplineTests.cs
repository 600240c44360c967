using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Splines of the circle and flows of the torus: continuous across the seam, normalised, inverted exactly; planted faults are seen.</summary>
public sealed class CircularSplineTests
{
    private const string Net = """{"kind":"mlp","hidden":[8],"activation":"tanh"}""";
    private const string Angles = """{"kind":"angle-features","network":{"kind":"mlp","hidden":[8],"activation":"tanh"}}""";

    [Theory]
    [InlineData("""{"kind":"circular-spline","bins":6}""")]
    [InlineData("""{"kind":"circular-spline","bins":1}""")]
    public void ValueAndDensityGoOnAcrossTheSeam(string transformer)
    {
        (double value, double logSlope) = Jump(transformer);
        Assert.InRange(value, 0, 1e-7);
        Assert.InRange(logSlope, 0, 1e-6);
    }

    [Fact]
    public void EndsOfUnequalSlopeAreSeen()
        => Assert.True(Jump("""{"kind":"rational-quadratic-bounded","bins":6,"left":-3.141592653589793,"right":3.141592653589793,"bottom":-3.141592653589793,"top":3.141592653589793}""").LogSlope > 0.05);

    [Fact]
    public void TheSeamOfTheDataIsNoKnot()
    {
        // The derivative of the log-density jumps at knots. Knots that are not shifted have one at the seam.
        Assert.InRange(Bend(shifted: true), 0, 1e-2);
        Assert.True(Bend(shifted: false) > 0.1);

        static double Bend(bool shifted)
        {
            const int Bins = 4;
            const double H = 1e-4;
            using Flow<double> flow = Make("""[{"kind":"circular-spline","dimension":1,"bins":4}]""", 1, noise: 0.7);
            Var raw = flow.Store.Find("layers.0.raw");
            double[] values = flow.Store.Read(raw);
            values[3 * Bins] = shifted ? 0.4 : 0;
            flow.Store.Write(raw, values);
            double[] near = flow.LogProb([Math.PI - (2 * H), Math.PI - H, -Math.PI + H, -Math.PI + (2 * H)]);
            return Math.Abs(((near[3] - near[2]) / H) - ((near[1] - near[0]) / H));
        }
    }

    [Fact]
    public void TheDensityIntegratesToOneOnTheCircle()
    {
        using Flow<double> flow = Make("""[{"kind":"circular-spline","dimension":1,"bins":5},{"kind":"circular-spline","dimension":1,"bins":3}]""", 1, noise: 0.7);
        double[] logProb = flow.LogProb(Grid(4000));
        Assert.Equal(1, logProb.Sum(Math.Exp) * Math.Tau / 4000, 1e-5);
        Assert.True(logProb.Max() - logProb.Min() > 0.5, "the density is nearly uniform and tests nothing");
    }

    [Fact]
    public void TheDensityIntegratesToOneOnTheTorus()
    {
        using Flow<double> flow = Make(Torus(Angles), 2, noise: 0.5);
        double[] at = Grid(300);
        double sum = at.Sum(a => flow.LogProb([.. at.SelectMany(b => new[] { a, b })]).Sum(Math.Exp));
        Assert.Equal(1, sum * (Math.Tau / 300) * (Math.Tau / 300), 1e-3);
    }

    [Fact]
    public void ATorusHasNoSeam() => Assert.InRange(SeamOfTorus(Angles), 0, 1e-6);

    [Fact]
    public void AnglesGivenAsNumbersAreSeen() => Assert.True(SeamOfTorus(Net) > 0.01);

    [Fact]
    public void TheInverseIsExactAndTheSlopePositive()
    {
        (ITransformer<double> transformer, double[] values) = Raw("""{"kind":"circular-spline","bins":7}""", 5);
        using var backend = new SimdBackend<double>(1);
        using var tape = new Tape<double>(backend);
        double[] x = [-Math.PI, -Math.PI + 1e-12, .. Grid(2001), Math.PI - 1e-12], z = new double[x.Length], back = new double[x.Length], log = new double[x.Length], logBack = new double[x.Length];
        Var p = tape.Input(values, 1, values.Length);
        (Var zs, Var logs) = transformer.Forward(tape, tape.Input(x, x.Length, 1), p);
        (Var backs, Var logBacks) = transformer.Inverse(tape, zs, p);
        tape.Read(zs, z);
        tape.Read(logs, log);
        tape.Read(backs, back);
        tape.Read(logBacks, logBack);
        double turns = 0;
        for (int i = 0; i < x.Length; i++)
        {
            Assert.InRange(z[i], -Math.PI, Math.PI);
            Assert.InRange(Between(x[i], back[i]), 0, 2e-12);
            Assert.Equal(-log[i], logBack[i], 1e-9);
            if (i == 0) continue;
            // Every step goes forward, and all together once round.
            double step = z[i] - z[i - 1];
            if (step < -Math.PI) step += Math.Tau;
            Assert.True(step > -1e-13, $"falls at {x[i]}: {z[i - 1]:R}, {z[i]:R}");
            turns += step;
        }
        Assert.Equal(Math.Tau, turns, 1e-9);
    }

    [Fact]
    public void AngleFeaturesKeepTheOrderOfTheirColumns()
    {
        using var backend = new ReferenceBackend<double>();
        var net = new AngleFeatures<double>([true, false, true], new Mlp<double>(5, 1, [], Activation.Tanh));
        using var store = new ParameterStore<double>(backend);
        net.Attach(store, "net", 1, default);
        store.Build();
        Var weight = store.Find(store.Parameters.Single(e => e.Var.Length == 5).Name);
        store.Write(weight, [1, 10, 100, 1000, 10000]);
        using var tape = new Tape<double>(backend, store);
        double expected = 0.5 + (10 * Math.Cos(1)) + (100 * Math.Cos(2)) + (1000 * Math.Sin(1)) + (10000 * Math.Sin(2));
        Assert.Equal(expected, tape.Scalar(net.Record(tape, tape.Input([1, 0.5, 2], 1, 3))), 1e-9);
    }

    [Fact]
    public void AVonMisesDensityAcrossTheSeamIsLearned()
    {
        // Density exp(k cos(x - pi))/(2 pi I0(k)), k = 4, as a table of quantiles: no noise of sampling. I0(4), I1(4) by their series.
        const double K = 4;
        double[] fine = Grid(20000), x = new double[2000];
        double total = fine.Sum(v => Math.Exp(-K * Math.Cos(v))), sum = 0, entropy = 0;
        for (int i = 0, n = 0; i < fine.Length && n < x.Length; i++)
        {
            sum += Math.Exp(-K * Math.Cos(fine[i])) / total;
            while (n < x.Length && sum >= (n + 0.5) / x.Length) x[n++] = fine[i];
        }
        foreach (double v in fine) entropy -= Math.Exp(-K * Math.Cos(v)) / total * ((-K * Math.Cos(v)) - Math.Log(total * Math.Tau / fine.Length));
        using Flow<double> flow = Make("""[{"kind":"circular-spline","dimension":1,"bins":8}]""", 1, noise: 0);
        using var trainer = new FlowTrainer<double>(flow, OptimizerFactory.Create<double>("adam"), new TrainerOptions { BatchSize = x.Length, Schedule = LearningRateSchedule.Cosine(0.05, 200) });
        for (int step = 0; step < 200; step++) trainer.Step(x);
        Assert.Equal(entropy, -flow.LogProb(x).Average(), 0.01);
        Assert.True(entropy < Math.Log(Math.Tau) - 0.7);
    }

    [Theory]
    [InlineData(3.2)]
    [InlineData(-3.2)]
    [InlineData(double.NaN)]
    public void OutsideTheCircleIsRefusedInOneLine(double x)
    {
        using Flow<double> flow = Make("""[{"kind":"circular-spline","dimension":2}]""", 2, noise: 0);
        string message = Assert.Throws<OutsideDomainException>(() => flow.LogProb([0, 1, 2, x])).Message;
        Assert.Contains("circular-spline: row 1, column 1 is ", message, StringComparison.Ordinal);
        Assert.Contains("radians", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("""{"kind":"circular-spline","dimension":1,"bins":0}""", "bins")]
    [InlineData("""{"kind":"circular-spline","dimension":1,"min_derivative":1}""", "min_derivative is 1")]
    [InlineData("""{"kind":"circular-spline","dimension":1,"tail_bound":3}""", "tail_bound")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"circular-spline"},"conditioner":{"kind":"angle-features","angles":[1,0],"network":{"kind":"mlp"}}}""", "'angles' is [1,0]")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"circular-spline"},"conditioner":{"kind":"angle-features","angles":[2],"network":{"kind":"mlp"}}}""", "'angles' is [2]")]
    [InlineData("""{"kind":"coupling","mask":[0,1],"transformer":{"kind":"circular-spline"},"conditioner":{"kind":"angle-features","angles":[0],"network":{"kind":"mlp"}}}""", "marks no column")]
    public void ABadRecipeIsRefused(string recipe, string named)
        => Assert.Contains(named, Assert.Throws<BadInputException>(() => Create(JsonDocument.Parse(recipe).RootElement)).Message, StringComparison.Ordinal);

    private static IBijector<double> Create(JsonElement recipe) => BijectorRegistry.Create<double>(recipe.GetProperty("kind").GetString()!, recipe);

    private static string Torus(string conditioner)
        => $$"""[{"kind":"coupling","mask":[1,0],"transformer":{"kind":"circular-spline","bins":4},"conditioner":{{conditioner}} },{"kind":"coupling","mask":[0,1],"transformer":{"kind":"circular-spline","bins":4},"conditioner":{{conditioner}} }]""";

    // Largest difference of the log-density over the two sides of both seams.
    private static double SeamOfTorus(string conditioner)
    {
        using Flow<double> flow = Make(Torus(conditioner), 2, noise: 0.5);
        const double E = Math.PI - 1e-9;
        double most = 0;
        foreach (double v in Grid(40))
        {
            double[] log = flow.LogProb([E, v, -E, v, v, E, v, -E]);
            most = Math.Max(most, Math.Max(Math.Abs(log[0] - log[1]), Math.Abs(log[2] - log[3])));
        }
        return most;
    }

    // What value (as an angle) and log-slope do over the seam, at random parameters.
    private static (double Value, double LogSlope) Jump(string recipe)
    {
        (ITransformer<double> transformer, double[] raw) = Raw(recipe, 3);
        using var backend = new ReferenceBackend<double>();
        using var tape = new Tape<double>(backend);
        const double E = Math.PI - 1e-9;
        (Var z, Var log) = transformer.Forward(tape, tape.Input([E, -E], 2, 1), tape.Input(raw, 1, raw.Length));
        double[] values = new double[2], logs = new double[2];
        tape.Read(z, values);
        tape.Read(log, logs);
        return (Between(values[0], values[1]), Math.Abs(logs[0] - logs[1]));
    }

    private static (ITransformer<double> Transformer, double[] Values) Raw(string recipe, ulong seed)
    {
        ITransformer<double> transformer = TransformerRegistry.Create<double>(JsonDocument.Parse(recipe).RootElement);
        double[] raw = new double[transformer.ParametersPerFeature], noise = new PhiloxNormals(seed).Take(raw.Length);
        transformer.Start(raw);
        for (int i = 0; i < raw.Length; i++) raw[i] += 0.8 * noise[i];
        return (transformer, raw);
    }

    private static double Between(double a, double b) => Math.Abs(Math.IEEERemainder(a - b, Math.Tau));

    private static double[] Grid(int count) => [.. Enumerable.Range(0, count).Select(i => -Math.PI + ((i + 0.5) * Math.Tau / count))];

    private static Flow<double> Make(string layers, int dimension, double noise)
    {
        using JsonDocument json = JsonDocument.Parse(layers);
        var flow = new Flow<double>([.. json.RootElement.EnumerateArray().Select(Create)], new UniformTorus<double>(dimension));
        var random = new PhiloxNormals(11);
        foreach (ParameterStore<double>.Entry e in flow.Store.Parameters)
        {
            double[] values = flow.Store.Read(e.Var), add = random.Take(values.Length);
            for (int i = 0; i < values.Length; i++) values[i] += noise * add[i];
            flow.Store.Write(e.Var, values);
        }
        return flow;
    }
}
