using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Every feature is moved by a transformer whose parameters a masked network makes of the features before it: z_j = h(x_j; net_j(x before j)).
/// log|det| = sum of log|h'|, [batch x 1]; for <see cref="AutoregressiveDirection.Iaf"/> forward and inverse change places.
/// </summary>
/// <remarks>
/// Cost: one pass of network and transformer in the fast direction. In the other, one pass of the hidden layers and one feature's share of the rest for each
/// feature, one after another; all are recorded, so gradients are exact and memory is features times that of a pass (that of one pass where the tape records no gradients).
/// Source: Papamakarios, Pavlakou and Murray 2017, MAF; Kingma et al. 2016, IAF; survey section 3.4.2.
/// </remarks>
public sealed class Autoregressive<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ITransformer<T> _transformer;
    private readonly MadeSettings _settings;
    private readonly Made<T> _made;
    private readonly bool _natural;

    /// <summary>Makes the bijector.</summary>
    /// <param name="order">The features, first the one that depends on no other; as many as there are.</param>
    /// <param name="transformer">How features move; it belongs to this layer alone.</param>
    /// <param name="settings">Hidden layers of the network.</param>
    /// <param name="direction">Which way is one pass.</param>
    /// <param name="context">Columns of the context of a conditional flow, 0 without.</param>
    /// <exception cref="ArgumentException">The order does not hold every feature once, or a width is out of range.</exception>
    public Autoregressive(ReadOnlySpan<int> order, ITransformer<T> transformer, MadeSettings settings, AutoregressiveDirection direction = AutoregressiveDirection.Maf, int context = 0)
    {
        if (transformer.MixesFeatures)
            throw new ArgumentException($"transformer {transformer.Kind} mixes features (it preserves volume by the scales of all): the Jacobian would not be triangular; use it in a coupling.");
        _transformer = transformer;
        _settings = settings;
        _made = new Made<T>(transformer.ParametersPerFeature, order, settings, context);
        Direction = direction;
        _natural = true;
        for (int k = 0; k < order.Length; k++) _natural &= order[k] == k;
    }

    /// <summary>Which way is one pass.</summary>
    public AutoregressiveDirection Direction { get; }

    /// <inheritdoc/>
    public string Kind => "autoregressive";

    /// <inheritdoc/>
    public int Dimension => _made.Features;

    /// <inheritdoc/>
    public bool HasExactInverse => _transformer.HasExactInverse;

    /// <inheritdoc/>
    public int ContextWidth => _made.Context;

    private static string[] Directions => ["maf", "iaf"];

    /// <summary>From a recipe entry: dimension, transformer, conditioner (entries of their own; the conditioner is made), direction (maf, iaf), order (a list, 0 .. D - 1 where absent), context (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Autoregressive<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("autoregressive", config);
        int dimension = reader.Integer("dimension", 1), context = reader.Integer("context", 0, 0);
        var direction = (AutoregressiveDirection)Array.IndexOf(Directions, reader.Choice("direction", Directions[0], Directions));
        var natural = new int[dimension];
        for (int k = 0; k < dimension; k++) natural[k] = k;
        int[] order = reader.Integers("order", natural);
        if (order.Length != dimension) throw new BadInputException($"autoregressive: property 'order' has {order.Length} entries, dimension is {dimension}; it must hold each of 0 .. {dimension - 1} once.");
        ITransformer<T> transformer = TransformerRegistry.Create<T>(reader.Object("transformer"));
        MadeSettings settings = MadeSettings.FromConfig(reader.Object("conditioner"));
        return reader.Make(() => new Autoregressive<T>(order, transformer, settings, direction, context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _transformer.Attach(store, $"{scope}.transformer", SeedMix.Of(seed, 1));
        _made.Attach(store, scope, SeedMix.Of(seed, 2), TransformerStart.Of(_transformer, Dimension));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => Direction == AutoregressiveDirection.Maf ? OnePass(tape, x, c) : FeatureByFeature(tape, x, c);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => Direction == AutoregressiveDirection.Maf ? FeatureByFeature(tape, z, c) : OnePass(tape, z, c);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("context", _made.Context);
        json.WriteString("direction", Directions[(int)Direction]);
        if (!_natural)
        {
            json.WriteStartArray("order");
            foreach (int feature in _made.Order) json.WriteNumberValue(feature);
            json.WriteEndArray();
        }
        TransformerRegistry.Write(json, "transformer", _transformer);
        _settings.Write(json, "conditioner");
    }

    private FlowStep OnePass(Tape<T> tape, Var v, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, v);
        Var raw = _made.Output(tape, _made.Hidden(tape, v, c.Context));
        (Var moved, Var logDet) = _transformer.Forward(tape, v, raw);
        return FlowStep.Exact(moved, logDet);
    }

    // Unknown features stay 0 until their turn. No known one depends on them, so what is recorded is the solution and its derivative is exact.
    private FlowStep FeatureByFeature(Tape<T> tape, Var v, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, v);
        if (!tape.RecordsGradients) return InPlace(tape, v, c);
        Var known = tape.Constant(0, v.Rows, Dimension), logDet = Var.None;
        foreach (int j in _made.Order)
        {
            (known, Var part) = Solve(tape, v, known, j, c);
            logDet = logDet.IsNone ? part : tape.Add(logDet, part);
        }
        return FlowStep.Exact(known, logDet);
    }

    // The same values where no derivative will be asked for: each pass is forgotten once its feature is known, so memory is that of one pass.
    private FlowStep InPlace(Tape<T> tape, Var v, in StepContext c)
    {
        Var known = tape.Constant(0, v.Rows, Dimension), logDet = tape.Constant(0, v.Rows);
        foreach (int j in _made.Order)
        {
            TapeMark mark = tape.Mark();
            (Var next, Var part) = Solve(tape, v, known, j, c);
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(next), tape.ValueOf(known));
            BasicKernels<T>.Copy(tape.Backend, tape.ValueOf(tape.Add(logDet, part)), tape.ValueOf(logDet));
            tape.Release(mark);
        }
        return FlowStep.Exact(known, logDet);
    }

    private (Var Known, Var LogDet) Solve(Tape<T> tape, Var v, Var known, int feature, in StepContext c)
    {
        Var raw = _made.Output(tape, _made.Hidden(tape, known, c.Context), feature);
        (Var solved, Var logDet) = _transformer.Inverse(tape, tape.SliceColumns(v, feature, 1), raw);
        OverflowGuard.Check(tape, Kind, solved, feature);
        return (tape.Add(known, tape.ScatterAddColumns(solved, _made.Column(feature), Dimension)), logDet);
    }
}
