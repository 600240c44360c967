using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What the conformance suite does not see of the residual block: true errors of the inverse, the bound on the weights, what training keeps.</summary>
public sealed class ResidualTests : IDisposable
{
    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.98)]
    [InlineData(0.995)]
    public void TheInverseIsRightToTheLastDigits(double c)
    {
        // Weights far above the bound, so that g is as steep as it may be: a rule that waits for a small step would stop early here.
        foreach (SmoothActivation activation in (SmoothActivation[])[SmoothActivation.Sin, SmoothActivation.LipSwish])
        {
            (Residual<double> b, ParameterStore<double> store) = Make(new Residual<double>(3, [16], activation, c), _backend, 5);
            double[] x = new PhiloxNormals(8).Take(3 * 50);
            using var tape = new Tape<double>(_backend, store);
            Var z = b.Forward(tape, tape.Input(x, 50, 3), new StepContext()).Output;
            var back = new double[x.Length];
            tape.Read(b.Inverse(tape, z, new StepContext()).Output, back);
            BijectorChecks.Close($"inverse at c = {c}", back, x, 2e-14 / (1 - c));
            store.Dispose();
        }
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.98)]
    public void TheIterationStopsByItsTrueError(double c)
    {
        // One unit: g(x) = -sqrt(c) sin(sqrt(c) x), whose slope at 0 is -c. Around there errors shrink by no more than c a step, and one that stops when the step
        // is small is off by c / (1 - c) times that.
        const double Accepted = 1e-4;
        var b = new Residual<double>(1, [1], SmoothActivation.Sin, c);
        var store = new ParameterStore<double>(_backend);
        b.Attach(store, "layer", 1);
        store.Build();
        store.Write(store.Find("layer.net.0.weight"), [5]);
        store.Write(store.Find("layer.net.1.weight"), [-5]);
        double[] z = Enumerable.Range(-10, 21).Select(i => 0.001 * i).ToArray(), close = new double[21], exact = new double[21];
        using var tape = new Tape<double>(_backend, store);
        tape.Read(b.Approximate(tape, tape.Input(z, 21, 1), Accepted), close);
        tape.Read(b.Inverse(tape, tape.Input(z, 21, 1), new StepContext()).Output, exact);
        double worst = Far(close, exact);
        Assert.InRange(worst, Accepted / 10, Accepted);
        store.Dispose();
    }

    [Fact]
    public void SinglePrecisionIsRightToItsLastDigits()
    {
        using var backend = new SimdBackend<float>(1);
        (Residual<float> b, ParameterStore<float> store) = Make(new Residual<float>(3, [16], SmoothActivation.Sin, 0.98), backend, 5);
        float[] x = [.. new PhiloxNormals(8).Take(3 * 50).Select(v => (float)v)], back = new float[x.Length];
        using var tape = new Tape<float>(backend, store);
        Var z = b.Forward(tape, tape.Input(x, 50, 3), new StepContext()).Output;
        tape.Read(b.Inverse(tape, z, new StepContext()).Output, back);
        BijectorChecks.Close("inverse", Array.ConvertAll(back, v => (double)v), Array.ConvertAll(x, v => (double)v), 1e-5 / 0.02);
        store.Dispose();
    }

    [Fact]
    public void TheMapIsAContractionPlusTheIdentity()
    {
        const double C = 0.8;
        (Residual<double> b, ParameterStore<double> store) = Make(new Residual<double>(4, [20, 20], SmoothActivation.Sin, C), _backend, 4);
        var random = new PhiloxNormals(2);
        using var tape = new Tape<double>(_backend, store);
        double steepest = 0;
        for (int trial = 0; trial < 200; trial++)
        {
            double[] x = random.Take(4), y = x.Zip(random.Take(4), (a, d) => a + (1e-3 * d)).ToArray();
            double[] gx = G(tape, b, x), gy = G(tape, b, y);
            steepest = Math.Max(steepest, Distance(gx, gy) / Distance(x, y));
        }
        Assert.InRange(steepest, 0.1 * C, C);
        store.Dispose();
    }

    [Fact]
    public void TrainingKeepsItsVectorsAndEvaluationKeepsNothing()
    {
        (Residual<double> b, ParameterStore<double> store) = Make(new Residual<double>(3, [8], SmoothActivation.Tanh, 0.7), _backend, 3);
        double[] x = new PhiloxNormals(1).Take(12);
        double[] before = store.Read(store.Find("layer.net.0.u"));
        double[] exact = Z(b, store, x, FlowMode.Evaluate);
        Assert.Equal(before, store.Read(store.Find("layer.net.0.u")));
        double first = Far(Z(b, store, x, FlowMode.Train), exact);
        double[] moved = store.Read(store.Find("layer.net.0.u"));
        Assert.NotEqual(before, moved);
        for (int i = 0; i < 200; i++) Z(b, store, x, FlowMode.Train);
        double last = Far(Z(b, store, x, FlowMode.Train), exact);
        Assert.True(last < 1e-10 && last < 1e-3 * first, $"{first} to {last}");
        store.Dispose();
    }

    [Fact]
    public void EvaluationIsExactWhateverTrains()
    {
        double[] x = new PhiloxNormals(1).Take(12);
        var values = new List<double[]>();
        foreach (ILogDetEstimator<double>? estimator in (ILogDetEstimator<double>?[])[null, new TruncatedLogDet<double>(2, new ProbeSettings(1, ProbeKind.Gaussian)), new NeumannLogDet<double>(new RussianRoulette(0.4, 1, 0.7), new ProbeSettings(1, ProbeKind.Rademacher))])
        {
            (Residual<double> b, ParameterStore<double> store) = Make(new Residual<double>(3, [8], SmoothActivation.Tanh, 0.7, estimator), _backend, 1);
            using var tape = new Tape<double>(_backend, store);
            FlowStep step = b.Forward(tape, tape.Input(x, 4, 3), new StepContext());
            Assert.Equal(ValueKind.Exact, step.Value);
            var logDet = new double[4];
            tape.Read(step.LogAbsDet, logDet);
            values.Add(logDet);
            FlowStep training = b.Forward(tape, tape.Input(x, 4, 3), new StepContext { Mode = FlowMode.Train, Key = 3 });
            Assert.Equal(b.LogDet.Value, training.Value);
            Assert.Equal(b.LogDet.Gradient, training.Gradient);
            store.Dispose();
        }
        Assert.Equal(values[0], values[1]);
        Assert.Equal(values[0], values[2]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void ALipschitzConstantOutsideIsRefused(double c)
        => Assert.Contains("lipschitz", Assert.Throws<ArgumentException>(() => new Residual<double>(2, [4], SmoothActivation.Tanh, c)).Message, StringComparison.Ordinal);

    [Fact]
    public void AnActivationSteeperThanOneIsRefused()
        => Assert.Contains("silu", Assert.Throws<ArgumentException>(() => new Residual<double>(2, [4], SmoothActivation.Silu)).Message, StringComparison.Ordinal);

    private static (Residual<T> Bijector, ParameterStore<T> Store) Make<T>(Residual<T> b, IBackend<T> backend, double noise) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var store = new ParameterStore<T>(backend);
        b.Attach(store, "layer", 11);
        store.Build();
        var random = new PhiloxNormals(5);
        foreach (ParameterStore<T>.Entry p in store.Parameters) store.Write(p.Var, Array.ConvertAll(store.Read(p.Var), v => double.CreateTruncating(v) + (noise * random.Next())));
        return (b, store);
    }

    private static double[] G(Tape<double> tape, Residual<double> b, double[] x)
    {
        tape.Reset();
        var z = new double[x.Length];
        tape.Read(b.Forward(tape, tape.Input(x, 1, x.Length), new StepContext()).Output, z);
        return z.Zip(x, (a, c) => a - c).ToArray();
    }

    private double[] Z(Residual<double> b, ParameterStore<double> store, double[] x, FlowMode mode)
    {
        using var tape = new Tape<double>(_backend, store);
        var z = new double[x.Length];
        tape.Read(b.Forward(tape, tape.Input(x, x.Length / 3, 3), new StepContext { Mode = mode }).Output, z);
        return z;
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b, (p, q) => (p - q) * (p - q)).Sum());

    private static double Far(double[] a, double[] b) => a.Zip(b, (p, q) => Math.Abs(p - q)).Max();
}
