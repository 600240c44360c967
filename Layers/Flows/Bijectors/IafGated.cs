using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// The gated step of inverse autoregressive flow: z = g x + (1 - g) m with g = s(gate + forget_bias), gate and m from a masked network of the features before.
/// The context is added to the first hidden layer. log|det| = sum log g.
/// </summary>
/// <remarks>
/// Parameters z.weight [D x H], h{i}.weight [H x H], mean.weight, gate.weight [H x D] and a .bias each, with buffers .mask: [in x out]. Cost: one pass forward; D passes of the hidden layers
/// for the inverse, one feature's share of the rest each. Source: Kingma et al. 2016, IAF, algorithm 1.
/// </remarks>
public sealed class IafGated<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _hidden;
    private readonly int _context;
    private readonly double _forgetBias;
    private readonly Activation _activation;
    private readonly MaskedLinear[] _inner;
    private MaskedLinear _first = MaskedLinear.None;
    private MaskedLinear _mean = MaskedLinear.None;
    private MaskedLinear _gate = MaskedLinear.None;
    private Var _columns = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="hidden">Width of the hidden layers.</param>
    /// <param name="layers">Hidden layers after the first.</param>
    /// <param name="context">Columns of the context: 0 without, else as many as the hidden layers have.</param>
    /// <param name="forgetBias">Added to the gate: above 0 the step starts near the identity.</param>
    /// <param name="activation">After every hidden layer.</param>
    /// <exception cref="ArgumentException">A width is out of range.</exception>
    public IafGated(int dimension, int hidden, int layers = 0, int context = 0, double forgetBias = 1, Activation activation = Activation.Elu)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("hidden", hidden);
        if (layers < 0) throw new ArgumentException($"layers is {layers}; it must be 0 or more.");
        if (context != 0 && context != hidden) throw new ArgumentException($"context is {context}; it is added to the hidden layer and must be 0 or {hidden}.");
        Dimension = dimension;
        _hidden = hidden;
        _context = context;
        _forgetBias = forgetBias;
        _activation = activation;
        _inner = new MaskedLinear[layers];
    }

    /// <inheritdoc/>
    public string Kind => "iaf-gated";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <inheritdoc/>
    public int ContextWidth => _context;

    /// <summary>From a recipe entry: dimension, hidden (64), layers (0), context (0), forget_bias (1), activation (elu).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static IafGated<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("iaf-gated", config);
        int dimension = reader.Integer("dimension", 1), hidden = reader.Integer("hidden", 1, 64), layers = reader.Integer("layers", 0, 0), context = reader.Integer("context", 0, 0);
        double forgetBias = reader.Number("forget_bias", 1);
        Activation activation = Activations.Read(reader, Activation.Elu);
        return reader.Make(() => new IafGated<T>(dimension, hidden, layers, context, forgetBias, activation));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _columns);
        // Hidden unit u belongs to feature u D / H: it sees features up to that one, and later outputs see it. Between hidden layers, units see units up to their own number.
        _first = Make(store, scope + ".z", Dimension, _hidden, seed, 0, (i, u) => i <= FeatureOf(u));
        for (int k = 0; k < _inner.Length; k++) _inner[k] = Make(store, $"{scope}.h{k}", _hidden, _hidden, seed, 3 + (ulong)k, static (i, o) => i <= o);
        _mean = Make(store, scope + ".mean", _hidden, Dimension, seed, 1, (u, j) => FeatureOf(u) < j);
        _gate = Make(store, scope + ".gate", _hidden, Dimension, seed, 2, (u, j) => FeatureOf(u) < j);
        var columns = new double[Dimension];
        for (int j = 0; j < Dimension; j++) columns[j] = j;
        _columns = store.AddBuffer($"{scope}.columns", 1, Dimension, columns);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        Check(x, c);
        Var h = Hidden(tape, x, c);
        Var mean = Linear(tape, h, _mean), gate = tape.AddConstant(Linear(tape, h, _gate), _forgetBias);
        Var z = tape.Add(tape.Multiply(tape.Sigmoid(gate), x), tape.Multiply(tape.Sigmoid(tape.Negate(gate)), mean));
        return FlowStep.Exact(z, tape.SumColumns(tape.LogSigmoid(gate)));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        Check(z, c);
        Var known = tape.Constant(0, z.Rows, Dimension), logDet = tape.Constant(0, z.Rows);
        for (int j = 0; j < Dimension; j++)
        {
            TapeMark mark = tape.Mark();
            Var h = Hidden(tape, known, c), mean = Column(tape, h, _mean, j), gate = tape.AddConstant(Column(tape, h, _gate, j), _forgetBias);
            // (z - (1 - g) m) / g = m + (z - m) (1 + e^-gate).
            Var factor = tape.AddConstant(tape.Exp(tape.Negate(gate)), 1);
            Var x = tape.Add(mean, tape.Multiply(tape.Subtract(tape.SliceColumns(z, j, 1), mean), factor));
            OverflowGuard.Check(tape, Kind, factor, j);
            OverflowGuard.Check(tape, Kind, x, j);
            Var next = tape.Add(known, tape.ScatterAddColumns(x, _columns.Element(j), Dimension)), sum = tape.Subtract(logDet, tape.LogSigmoid(gate));
            if (tape.RecordsGradients)
            {
                (known, logDet) = (next, sum);
                continue;
            }
            // Where no derivative will be asked for, memory is that of one feature.
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(next), tape.ValueOf(known));
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(sum), tape.ValueOf(logDet));
            tape.Release(mark);
        }
        return FlowStep.Exact(known, logDet);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("hidden", _hidden);
        json.WriteNumber("layers", _inner.Length);
        json.WriteNumber("context", _context);
        json.WriteNumber("forget_bias", _forgetBias);
        json.WriteString("activation", Activations.Names[(int)_activation]);
    }

    private static MaskedLinear Make(ParameterStore<T> store, string name, int inputs, int outputs, ulong seed, ulong layer, Func<int, int, bool> sees)
    {
        double[] weight = new double[inputs * outputs], mask = new double[inputs * outputs];
        RandomFill.Gaussian<double>(SeedMix.Of(seed, layer), 0, 0, weight);
        for (int i = 0; i < inputs; i++)
            for (int o = 0; o < outputs; o++)
            {
                weight[(i * outputs) + o] *= (outputs == inputs || layer == 0 ? 1 : 0.1) / Math.Sqrt(inputs);
                mask[(i * outputs) + o] = sees(i, o) ? 1 : 0;
            }
        return new MaskedLinear(store.AddParameter(name + ".weight", inputs, outputs, weight), store.AddBuffer(name + ".mask", inputs, outputs, mask), store.AddParameter(name + ".bias", 1, outputs, decay: false));
    }

    // The weights lie [in x out], as in the source.
    private static Var Linear(Tape<T> tape, Var h, in MaskedLinear layer) => tape.Add(tape.MatMul(h, tape.Multiply(layer.Weight, layer.Mask)), layer.Bias);

    private static Var Column(Tape<T> tape, Var h, in MaskedLinear layer, int j)
        => tape.Add(tape.MatMul(h, tape.SliceColumns(tape.Multiply(layer.Weight, layer.Mask), j, 1)), tape.SliceColumns(layer.Bias, j, 1));

    private int FeatureOf(int unit) => (int)((long)unit * Dimension / _hidden);

    private void Check(Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _columns);
        if (_context > 0) ContextGuard.Check(Kind, x, c.Context, _context);
    }

    private Var Hidden(Tape<T> tape, Var x, in StepContext c)
    {
        Var h = tape.Activate(_activation, Linear(tape, x, _first));
        if (_context > 0) h = tape.Add(h, c.Context);
        for (int k = 0; k < _inner.Length; k++) h = tape.Activate(_activation, Linear(tape, h, _inner[k]));
        return h;
    }
}
