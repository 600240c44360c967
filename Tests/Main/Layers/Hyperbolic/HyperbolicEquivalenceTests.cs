using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>Where couplings on hyperbolic space are Euclidean ones under another name.</summary>
public sealed class HyperbolicEquivalenceTests : IDisposable
{
    private const int Rows = 16;

    private readonly SimdBackend<double> _double = new(1);
    private readonly SimdBackend<float> _float = new(1);

    public void Dispose()
    {
        _double.Dispose();
        _float.Dispose();
    }

    [Theory]
    [InlineData(ScaleFunction.Exp)]
    [InlineData(ScaleFunction.SoftClip)]
    public void TangentCouplingIsRealNvpBitForBit(ScaleFunction scale)
    {
        BitForBit(_double, scale);
        BitForBit(_float, scale);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(11)]
    public void InTwoDimensionsTheWrappedCouplingIsATangentCoupling(double radius)
    {
        var space = new HyperbolicSpace<double>(radius);
        bool[] moved = [true, false];
        var wrapped = Attached(_double, new WrappedHyperboloidCoupling<double>(moved, space, Network<double>()));
        var tangent = Attached(_double, new TangentCoupling<double>(moved, space, new BentShift(Network<double>(), radius)));
        double[] x = Inputs(2);
        foreach (bool inverse in (bool[])[false, true])
        {
            (double[] a, double[] logA, _) = Run(_double, wrapped, x, inverse);
            (double[] b, double[] logB, _) = Run(_double, tangent, x, inverse);
            BijectorChecks.Close("output", a, b, 1e-14);
            BijectorChecks.Close("log-det", logA, logB, 1e-14);
            Assert.NotEqual(a, x);
        }
        wrapped.Store.Dispose();
        tangent.Store.Dispose();
    }

    /// <summary>The coupling takes the shift on a line; the translation of any number of dimensions says the same.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    public void TranslationsOfALineAdd(double radius)
    {
        double[] v = [0, 1e-6, 0.3, -1.2, 4, -6], t = [0.5, -2, 3, 1e-5, -10, 0];
        using var tape = new Tape<double>(_double);
        var space = new HyperbolicSpace<double>(radius);
        foreach (bool back in (bool[])[false, true])
        {
            double[] moved = Read(tape, space.Translate(tape, tape.Input(v, v.Length, 1), tape.Input(t, t.Length, 1), back));
            double[] expected = [.. v.Zip(t, (a, b) => a + ((back ? -1 : 1) * radius * Math.Asinh(b / radius)))];
            BijectorChecks.Close("translation", moved, expected, 1e-10);
        }
    }

    /// <summary>Space is flat where its radius is large: T_t(v) = v + t up to a term in 1/R^2.</summary>
    [Fact]
    public void AtALargeRadiusTheWrappedCouplingIsAffine()
    {
        bool[] moved = [true, false, true, true, false];
        double[] x = Inputs(5);
        double OutputError(double radius, bool inverse)
        {
            var wrapped = Attached(_double, new WrappedHyperboloidCoupling<double>(moved, new HyperbolicSpace<double>(radius), Network<double>(2, 6)));
            var flat = Attached(_double, new Coupling<double>(moved, new AffineTransformer<double>(), Network<double>(2, 6)));
            // Their inverse is the coupling's forward.
            (double[] a, double[] logA, double[] gradA) = Run(_double, wrapped, x, inverse);
            (double[] b, double[] logB, double[] gradB) = Run(_double, flat, x, !inverse);
            wrapped.Store.Dispose();
            flat.Store.Dispose();
            return Math.Max(Largest(a, b), Math.Max(Largest(logA, logB), Largest(gradA, gradB)));
        }

        foreach (bool inverse in (bool[])[false, true])
        {
            double at100 = OutputError(100, inverse), at1000 = OutputError(1000, inverse), at10000 = OutputError(1e4, inverse);
            Assert.InRange(at10000, 0, 1e-6);
            Assert.True(at100 > 1e-5, $"at radius 100 the space is not flat yet: {at100}");
            Assert.InRange(at100 / at1000, 90, 110);
        }
    }

    private static void BitForBit<T>(IBackend<T> backend, ScaleFunction scale) where T : unmanaged, IFloatingPointIeee754<T>
    {
        bool[] moved = [true, false, true, false, true];
        var tangent = Attached(backend, new TangentCoupling<T>(moved, new HyperbolicSpace<T>(2), Network<T>(2, 6), new ScaleSettings(scale)));
        var flat = Attached(backend, new Coupling<T>(moved, new AffineTransformer<T>(scale), Network<T>(2, 6)));
        double[] x = Inputs(5);
        foreach (bool inverse in (bool[])[false, true])
        {
            (double[] a, double[] logA, double[] gradA) = Run(backend, tangent, x, inverse);
            (double[] b, double[] logB, double[] gradB) = Run(backend, flat, x, !inverse);
            Assert.Equal(b, a);
            Assert.Equal(logB, logA);
            Assert.Equal(gradB, gradA);
            Assert.NotEqual(x, a);
        }
        tangent.Store.Dispose();
        flat.Store.Dispose();
    }

    private static Mlp<T> Network<T>(int inputs = 1, int outputs = 2) where T : unmanaged, IFloatingPointIeee754<T> => new(inputs, outputs, [8], Activation.Tanh);

    private static (IBijector<T> Layer, ParameterStore<T> Store) Attached<T>(IBackend<T> backend, IBijector<T> layer) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var store = new ParameterStore<T>(backend);
        layer.Attach(store, "layer", 5);
        store.Build();
        var noise = new PhiloxNormals(9);
        foreach (ParameterStore<T>.Entry p in store.Parameters) store.Write(p.Var, [.. noise.Take(p.Var.Length).Select(v => 0.5 * v)]);
        return (layer, store);
    }

    private static double[] Inputs(int n) => new PhiloxNormals(3).Take(Rows * n);

    private static (double[] Out, double[] LogDet, double[] Gradient) Run<T>(IBackend<T> backend, (IBijector<T> Layer, ParameterStore<T> Store) at, double[] x, bool inverse)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var tape = new Tape<T>(backend, at.Store);
        Var v = tape.Input(Array.ConvertAll(x, T.CreateTruncating), Rows, at.Layer.Dimension, needsGrad: true);
        FlowStep step = inverse ? at.Layer.Inverse(tape, v, new StepContext()) : at.Layer.Forward(tape, v, new StepContext());
        double[] output = Read(tape, step.Output), logDet = Read(tape, step.LogAbsDet);
        tape.Backward(tape.Add(tape.Sum(tape.Square(step.Output)), tape.Sum(step.LogAbsDet)));
        return (output, logDet, [.. at.Store.Parameters.SelectMany(p => at.Store.ReadGradient(p.Var)).Select(g => double.CreateTruncating(g))]);
    }

    private static double[] Read<T>(Tape<T> tape, Var v) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = new T[v.Length];
        tape.Read(v, values);
        return Array.ConvertAll(values, g => double.CreateTruncating(g));
    }

    private static double Largest(double[] a, double[] b) => a.Zip(b, (p, q) => Math.Abs(p - q) / Math.Max(1, Math.Abs(q))).Max();

    /// <summary>Bends the shifts of another network: R asinh(t/R).</summary>
    private sealed class BentShift(Mlp<double> network, double radius) : IConditioner<double>
    {
        public string Kind => "bent-shift";

        public int InputWidth => network.InputWidth;

        public int OutputWidth => network.OutputWidth;

        public void Attach(ParameterStore<double> store, string scope, ulong seed, ReadOnlySpan<double> outputStart) => network.Attach(store, scope, seed, outputStart);

        public Var Record(Tape<double> tape, Var input)
        {
            Var raw = network.Record(tape, input), shift = tape.SliceColumns(raw, 0, 1);
            return tape.ConcatColumns(tape.Scale(tape.Asinh(tape.Scale(shift, 1 / radius)), radius), tape.SliceColumns(raw, 1, 1));
        }

        public void WriteConfig(Utf8JsonWriter json) => network.WriteConfig(json);
    }
}
