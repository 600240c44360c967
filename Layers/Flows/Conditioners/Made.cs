using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// A masked network: P outputs a feature, those of a feature depend only on features before it in a given order (and on the context).
/// The Jacobian of the outputs is strictly triangular, exactly: masked weights are multiplied by 0.
/// </summary>
/// <remarks>
/// Parameters made.initial, made.block{i}.linear (residual: .linear0, .linear1), made.final, each .weight [out x in] and .bias [1 x out], with buffers .mask;
/// with a context made.context and, in residual blocks, made.block{i}.context. Cost: 2 x batch x sum of in x out flops, masked entries included.
/// Source: Germain, Gregor, Murray and Larochelle 2015, MADE; residual form as in nflows.
/// </remarks>
public sealed class Made<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Deviation of the last layer's weights, times that of the others: the flow starts near where its transformer starts.</summary>
    private const double LastLayerStart = 0.01;

    private readonly MadeSettings _settings;
    private readonly int[] _order;
    private readonly MaskedLinear[] _first;
    private readonly MaskedLinear[] _second;
    private readonly MaskedLinear[] _blockContext;
    private MaskedLinear _initial = MaskedLinear.None;
    private MaskedLinear _context = MaskedLinear.None;
    private MaskedLinear _final = MaskedLinear.None;
    private Var _rows = Var.None;

    /// <summary>Makes the network.</summary>
    /// <param name="outputsPerFeature">P, outputs a feature; they lie together.</param>
    /// <param name="order">The features, first the one that depends on none; as many as there are.</param>
    /// <param name="settings">Hidden layers.</param>
    /// <param name="context">Columns of the context, 0 without.</param>
    /// <exception cref="ArgumentException">A width is out of range, or the order does not hold every feature once.</exception>
    public Made(int outputsPerFeature, ReadOnlySpan<int> order, MadeSettings settings, int context = 0)
    {
        BijectorGuard.Dimension("made: number of features", order.Length);
        BijectorGuard.Dimension("made: outputs a feature", outputsPerFeature);
        if (context < 0) throw new ArgumentException($"made: context is {context}; it must be 0 or more.");
        settings.Check();
        MadeDegrees.Inputs(order);
        OutputsPerFeature = outputsPerFeature;
        Context = context;
        _order = order.ToArray();
        _settings = settings;
        int blocks = settings.Hidden.Length - 1;
        _first = new MaskedLinear[blocks];
        _second = new MaskedLinear[settings.Residual ? blocks : 0];
        _blockContext = new MaskedLinear[settings.Residual && context > 0 ? blocks : 0];
    }

    /// <summary>Features in.</summary>
    public int Features => _order.Length;

    /// <summary>P.</summary>
    public int OutputsPerFeature { get; }

    /// <summary>Columns of the context, 0 without.</summary>
    public int Context { get; }

    /// <summary>The features, first the one that depends on none.</summary>
    public ReadOnlySpan<int> Order => _order;

    /// <summary>Adds parameters and masks. The last layer starts with small weights and with <paramref name="outputStart"/> as its bias.</summary>
    public void Attach(ParameterStore<T> store, string scope, ulong seed, ReadOnlySpan<double> outputStart)
    {
        BijectorGuard.NotAttached(MadeSettings.Kind, _rows);
        string made = scope + ".made";
        int width = _settings.Hidden[0];
        ulong next = 0;
        int[] inputs = MadeDegrees.Inputs(_order), degrees = Degrees(width, 1, SeedMix.Of(seed, 1000));
        _initial = MaskedLinear.Attach(store, made + ".initial", width, Features, MadeDegrees.Mask(degrees, inputs, false), SeedMix.Of(seed, next++));
        if (Context > 0) _context = MaskedLinear.Attach(store, made + ".context", width, Context, null, SeedMix.Of(seed, next++));
        for (int i = 0; i < _first.Length; i++)
        {
            string block = $"{made}.block{i}";
            width = _settings.Hidden[i + 1];
            int[] inner = Degrees(width, degrees.Min(), SeedMix.Of(seed, 1001 + (ulong)i));
            if (Context > 0 && _settings.Residual) _blockContext[i] = MaskedLinear.Attach(store, block + ".context", width, Context, null, SeedMix.Of(seed, next++));
            string name = _settings.Residual ? block + ".linear0" : block + ".linear";
            _first[i] = MaskedLinear.Attach(store, name, width, degrees.Length, MadeDegrees.Mask(inner, degrees, false), SeedMix.Of(seed, next++));
            // A block's output is added to its input, so it has the input's degrees.
            if (_settings.Residual) _second[i] = MaskedLinear.Attach(store, block + ".linear1", width, width, MadeDegrees.Mask(degrees, inner, false), SeedMix.Of(seed, next++));
            else degrees = inner;
        }
        int[] outputs = MadeDegrees.Outputs(inputs, OutputsPerFeature);
        _final = MaskedLinear.Attach(store, made + ".final", outputs.Length, degrees.Length, MadeDegrees.Mask(outputs, degrees, true), SeedMix.Of(seed, next), LastLayerStart, outputStart);
        var rows = new double[outputs.Length];
        for (int i = 0; i < rows.Length; i++) rows[i] = i;
        _rows = store.AddBuffer(made + ".rows", 1, rows.Length, rows);
    }

    /// <summary>Records the last hidden layer [batch x width] for x [batch x features] and the context [batch x columns] (<see cref="Var.None"/> without).</summary>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public Var Hidden(Tape<T> tape, Var x, Var context)
    {
        BijectorGuard.Width(MadeSettings.Kind, Features, x);
        BijectorGuard.Attached(MadeSettings.Kind, _rows);
        if (Context > 0) ContextGuard.Check(MadeSettings.Kind, x, context, Context);
        Var h = _initial.Record(tape, x);
        if (Context > 0) h = tape.Add(h, Activate(tape, _context.Record(tape, context)));
        if (!_settings.Residual) h = Activate(tape, h);
        for (int i = 0; i < _first.Length; i++)
        {
            if (!_settings.Residual)
            {
                h = Activate(tape, _first[i].Record(tape, h));
                continue;
            }
            Var inner = _first[i].Record(tape, Activate(tape, h));
            if (Context > 0) inner = tape.Add(inner, _blockContext[i].Record(tape, context));
            h = tape.Add(h, _second[i].Record(tape, Activate(tape, inner)));
        }
        return h;
    }

    /// <summary>Records all outputs [batch x features P] from the last hidden layer.</summary>
    public Var Output(Tape<T> tape, Var hidden) => _final.Record(tape, hidden);

    /// <summary>Records the P outputs [batch x P] of one feature from the last hidden layer.</summary>
    public Var Output(Tape<T> tape, Var hidden, int feature) => _final.Record(tape, hidden, _rows, feature * OutputsPerFeature, OutputsPerFeature);

    /// <summary>Constant [1 x 1] that holds the number of a feature, for gathering and scattering.</summary>
    internal Var Column(int feature)
    {
        BijectorGuard.Attached(MadeSettings.Kind, _rows);
        return _rows.Element(feature);
    }

    private Var Activate(Tape<T> tape, Var h) => tape.Activate(_settings.Activation, h);

    private int[] Degrees(int width, int least, ulong key) => _settings.RandomDegrees ? MadeDegrees.Random(Features, width, least, key) : MadeDegrees.Cyclic(Features, width);
}
