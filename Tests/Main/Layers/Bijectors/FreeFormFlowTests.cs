using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The free-form flow: its surrogate against the exact gradient, what each network gets, its inverses and its refusals.</summary>
public sealed class FreeFormFlowTests : IDisposable
{
    private const int D = 3, Rows = 4;

    private readonly SimdBackend<double> _backend = new(1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void WithTheTrueInverseTheMeanGradientIsExact()
    {
        // Networks without hidden layers: f(x) = (I + A) x + a, g(z) = (I + B) z + b with B, b such that g is f's inverse.
        var layer = new FreeFormFlow<double>(D, [], weight: 0.7);
        using ParameterStore<double> store = Make(layer);
        SetToInverses(store);
        double[] x = new PhiloxNormals(4).Take(D * Rows);
        double[] exact = LogDetGradient(layer, store, x, FlowMode.Evaluate, 0, "encoder");
        StrategyConformance.MeanEquals("encoder", exact, [.. Enumerable.Range(0, 400).Select(key => LogDetGradient(layer, store, x, FlowMode.Train, (ulong)key, "encoder"))]);
        // As many probes as features: no noise.
        var all = new FreeFormFlow<double>(D, [], weight: 0.7, probes: D);
        using ParameterStore<double> other = Make(all);
        SetToInverses(other);
        Dense.Close("encoder", exact, LogDetGradient(all, other, x, FlowMode.Train, 1, "encoder"), 1e-10);
        Assert.All(LogDetGradient(all, other, x, FlowMode.Train, 1, "decoder"), g => Assert.Equal(0, g));
    }

    [Fact]
    public void TheSurrogateIsTheTraceOfTheDerivativeThroughTheDecodersJacobian()
    {
        // Curved networks, not inverse to each other: the gradient must be that of tr(J_f(theta) J_g) with J_g held, by differences in theta.
        var layer = new FreeFormFlow<double>(D, [5], SmoothActivation.Silu, 0.7, probes: D);
        using ParameterStore<double> store = Make(layer, noise: 0.3);
        double[] x = new PhiloxNormals(4).Take(D * Rows);
        double[] gradient = LogDetGradient(layer, store, x, FlowMode.Train, 3, "encoder");
        double[][] held = [.. Enumerable.Range(0, Rows).Select(r => JacobianOf(store, "decoder", Map(store, "encoder", x.AsSpan(r * D, D).ToArray())))];
        double Trace()
        {
            double sum = 0;
            for (int r = 0; r < Rows; r++)
            {
                double[] product = Dense.Multiply(JacobianOf(store, "encoder", x.AsSpan(r * D, D).ToArray()), held[r], D, D, D);
                for (int i = 0; i < D; i++) sum += product[(i * D) + i];
            }
            return sum;
        }
        int at = 0;
        foreach (ParameterStore<double>.Entry p in store.Parameters.Where(p => p.Name.Contains(".encoder.", StringComparison.Ordinal)))
        {
            double[] value = store.Read(p.Var), numeric = new double[value.Length];
            for (int i = 0; i < value.Length; i++)
            {
                double keep = value[i];
                value[i] = keep + 1e-5;
                store.Write(p.Var, value);
                double up = Trace();
                value[i] = keep - 1e-5;
                store.Write(p.Var, value);
                numeric[i] = (up - Trace()) / 2e-5;
                value[i] = keep;
            }
            store.Write(p.Var, value);
            Dense.Close(p.Name, numeric, gradient.AsSpan(at, value.Length).ToArray(), 1e-7);
            at += value.Length;
        }
        Assert.Equal(gradient.Length, at);
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(2, false)]
    public void TheConditionalSurrogateTrainsTheNetworkThatClosesTheGap(double product, bool encoder)
    {
        // J_f J_g = product I: c has the sign of product - 1 for every probe.
        var layer = new FreeFormFlow<double>(D, [], weight: 0.7, probes: 1, surrogate: FreeFormSurrogate.Conditional);
        using ParameterStore<double> store = Make(layer);
        SetToInverses(store, product);
        double[] x = new PhiloxNormals(4).Take(D * Rows);
        Assert.Equal(encoder, LogDetGradient(layer, store, x, FlowMode.Train, 1, "encoder").Any(g => g != 0));
        Assert.Equal(!encoder, LogDetGradient(layer, store, x, FlowMode.Train, 1, "decoder").Any(g => g != 0));
    }

    [Fact]
    public void ThePenaltyReachesBothNetworksAndNotTheInput()
    {
        var layer = new FreeFormFlow<double>(D, [5], weight: 2);
        using ParameterStore<double> store = Make(layer, noise: 0.3);
        double[] x = new PhiloxNormals(4).Take(D * Rows), dx = new double[x.Length];
        using var tape = new Tape<double>(_backend, store);
        Var input = tape.Input(x, Rows, D, needsGrad: true);
        FlowStep step = layer.Forward(tape, input, new StepContext { Mode = FlowMode.Train });
        double[] rebuilt = [.. Enumerable.Range(0, Rows).SelectMany(r => Map(store, "decoder", Map(store, "encoder", x.AsSpan(r * D, D).ToArray())))];
        double mean = rebuilt.Zip(x, (a, b) => (a - b) * (a - b)).Sum() / Rows;
        Assert.Equal(mean, tape.Scalar(step.Reconstruction), 1e-12);
        Assert.Equal(2 * mean, tape.Scalar(step.Penalty), 1e-12);
        tape.Backward(step.Penalty);
        tape.ReadGrad(input, dx);
        Assert.All(dx, g => Assert.Equal(0, g));
        Assert.All(store.Parameters, p => Assert.Contains(store.ReadGradient(p.Var), g => g != 0));
        // The same gradients where the input takes none, and the map and its penalty share their recordings.
        double[] both = [.. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))];
        tape.Reset();
        tape.Backward(layer.Forward(tape, tape.Input(x, Rows, D), new StepContext { Mode = FlowMode.Train }).Penalty);
        Dense.Close("parameters", both, [.. store.Parameters.SelectMany(p => store.ReadGradient(p.Var))], 1e-12);
    }

    [Fact]
    public void TrainingHasNoValueAndTheLearnedInverseIsTheDecoder()
    {
        var layer = new FreeFormFlow<double>(D, [5]);
        using ParameterStore<double> store = Make(layer, noise: 0.2);
        using var tape = new Tape<double>(_backend, store);
        double[] x = new PhiloxNormals(4).Take(D * Rows), logDet = new double[Rows], back = new double[x.Length];
        FlowStep step = layer.Forward(tape, tape.Input(x, Rows, D), new StepContext { Mode = FlowMode.Train });
        Assert.Equal((ValueKind.None, GradientKind.Biased), (step.Value, step.Gradient));
        tape.Read(step.LogAbsDet, logDet);
        Assert.All(logDet, v => Assert.Equal(0, v));
        FlowStep learned = layer.Inverse(tape, tape.Input(x, Rows, D), new StepContext { Inverse = InverseKind.Learned });
        tape.Read(learned.Output, back);
        Assert.Equal(ValueKind.None, learned.Value);
        Dense.Close("g(z)", [.. Enumerable.Range(0, Rows).SelectMany(r => Map(store, "decoder", x.AsSpan(r * D, D).ToArray()))], back, 1e-14);
    }

    [Fact]
    public void AnInverseThatDoesNotExistIsRefused()
    {
        // f(x) = x - softplus(x) is below 0 everywhere.
        var layer = new FreeFormFlow<double>(1, [1], SmoothActivation.Softplus);
        using ParameterStore<double> store = Make(layer);
        Set(store, "encoder.0.weight", 1);
        Set(store, "encoder.1.weight", -1);
        using var tape = new Tape<double>(_backend, store);
        var refused = Assert.Throws<NotConvergedException>(() => layer.Inverse(tape, tape.Input([0.5, -1], 2, 1), new StepContext()));
        Assert.Contains("row 0", refused.Message);
        tape.Reset();
        double[] x = new double[1];
        tape.Read(layer.Inverse(tape, tape.Input([-1.0], 1, 1), new StepContext()).Output, x);
        Assert.Equal(-1, x[0] - Math.Log(1 + Math.Exp(x[0])), 1e-12);
    }

    [Fact]
    public void NewtonGetsThereFromFarAway()
    {
        // The decoder is the identity, f x + 20 tanh(x): full steps from far away would overshoot.
        var layer = new FreeFormFlow<double>(1, [1], SmoothActivation.Tanh);
        using ParameterStore<double> store = Make(layer);
        Set(store, "encoder.0.weight", 1);
        Set(store, "encoder.1.weight", 20);
        Set(store, "decoder.1.weight", 0);
        using var tape = new Tape<double>(_backend, store);
        double[] z = [.. Enumerable.Range(-30, 61).Select(i => i * 0.9)], x = new double[z.Length];
        tape.Read(layer.Inverse(tape, tape.Input(z, z.Length, 1), new StepContext()).Output, x);
        for (int i = 0; i < z.Length; i++) Assert.Equal(z[i], x[i] + (20 * Math.Tanh(x[i])), 1e-11);
    }

    private ParameterStore<double> Make(FreeFormFlow<double> layer, double noise = 0)
    {
        var store = new ParameterStore<double>(_backend);
        layer.Attach(store, "layer", 1);
        store.Build();
        var random = new PhiloxNormals(8);
        if (noise > 0)
            foreach (ParameterStore<double>.Entry p in store.Parameters) store.Write(p.Var, Dense.Add(store.Read(p.Var), random.Take(p.Var.Length), noise));
        return store;
    }

    private static void Set(ParameterStore<double> store, string name, params double[] values)
        => store.Write(store.Parameters.Single(p => p.Name == $"layer.{name}").Var, values);

    // f(x) = (I + A) x, g(z) = product (I + A)^-1 z.
    private static void SetToInverses(ParameterStore<double> store, double product = 1)
    {
        double[] a = Dense.Random(5, D, D, 0.3), identity = new double[D * D];
        for (int i = 0; i < D; i++) identity[(i * D) + i] = 1;
        Set(store, "encoder.0.weight", a);
        Set(store, "decoder.0.weight", Dense.Add(Dense.Scale(Dense.Invert(Dense.Add(a, identity), D).Inverse, product), identity, -1));
    }

    // Of the sum of the rows' log-determinant slots, with respect to one network's parameters.
    private double[] LogDetGradient(FreeFormFlow<double> layer, ParameterStore<double> store, double[] x, FlowMode mode, ulong key, string network)
    {
        using var tape = new Tape<double>(_backend, store);
        tape.Backward(tape.Sum(layer.Forward(tape, tape.Input(x, Rows, D), new StepContext { Mode = mode, Key = key }).LogAbsDet));
        return [.. store.Parameters.Where(p => p.Name.Contains($".{network}.", StringComparison.Ordinal)).SelectMany(p => store.ReadGradient(p.Var))];
    }

    // x + W1 silu(W0 x + b0) + b1 by hand.
    private static double[] Map(ParameterStore<double> store, string network, double[] x)
    {
        double[] Value(string name) => store.Read(store.Parameters.Single(p => p.Name == $"layer.{network}.{name}").Var);
        double[] w0 = Value("0.weight"), w1 = Value("1.weight");
        int width = w0.Length / D;
        double[] h = Dense.Add(Dense.Multiply(w0, x, width, D, 1), Value("0.bias"));
        h = [.. h.Select(v => v / (1 + Math.Exp(-v)))];
        return Dense.Add(Dense.Add(Dense.Multiply(w1, h, D, width, 1), Value("1.bias")), x);
    }

    // I + W1 diag(silu'(W0 x + b0)) W0.
    private static double[] JacobianOf(ParameterStore<double> store, string network, double[] x)
    {
        double[] Value(string name) => store.Read(store.Parameters.Single(p => p.Name == $"layer.{network}.{name}").Var);
        double[] w0 = Value("0.weight"), w1 = Value("1.weight");
        int width = w0.Length / D;
        double[] h = Dense.Add(Dense.Multiply(w0, x, width, D, 1), Value("0.bias"));
        double[] slopes = [.. h.Select(v => 1 / (1 + Math.Exp(-v))).Zip(h, (s, v) => s + (v * s * (1 - s)))];
        double[] j = Dense.Multiply(w1, [.. w0.Select((v, i) => v * slopes[i / D])], D, width, D);
        for (int i = 0; i < D; i++) j[(i * D) + i] += 1;
        return j;
    }
}
