using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Two couplings in one layer: the first features are moved by what the others say, then the others by what the moved first ones say:
/// y1 = h(x1; net1(x2)), y2 = h(x2; net2(y1)). log|det| is the sum of both, [batch x 1]. With an additive transformer it is the reversible residual block.
/// </summary>
/// <remarks>Cost: two passes of a network in both directions. Source: FrEIA's coupling blocks; Gomez et al. 2017, RevNet.</remarks>
public sealed class TwoSidedCoupling<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _split;
    private readonly ITransformer<T> _transformer1;
    private readonly ITransformer<T> _transformer2;
    private readonly IConditioner<T> _conditioner1;
    private readonly IConditioner<T> _conditioner2;
    private bool _attached;

    /// <summary>Makes the bijector. Transformers and conditioners belong to this layer alone.</summary>
    /// <param name="dimension">Number of features, at least 2.</param>
    /// <param name="split">How many of them are the first, 1 .. dimension - 1.</param>
    /// <param name="transformer1">How the first features move.</param>
    /// <param name="conditioner1">From the others (then the context) to the first ones' raw parameters.</param>
    /// <param name="transformer2">How the others move.</param>
    /// <param name="conditioner2">From the moved first features (then the context) to the others' raw parameters.</param>
    /// <param name="context">Columns of the context of a conditional flow, 0 without.</param>
    /// <exception cref="ArgumentException">The split leaves nothing on one side, or a conditioner's widths do not fit.</exception>
    public TwoSidedCoupling(
        int dimension, int split, ITransformer<T> transformer1, IConditioner<T> conditioner1, ITransformer<T> transformer2, IConditioner<T> conditioner2, int context = 0)
    {
        if (!(split >= 1 && split < dimension)) throw new ArgumentException($"split is {split} of {dimension} features; it must leave at least one on each side.");
        if (context < 0) throw new ArgumentException($"context is {context}; it must be 0 or more.");
        CheckWidths("first", conditioner1, dimension - split + context, checked(split * transformer1.ParametersPerFeature));
        CheckWidths("second", conditioner2, split + context, checked((dimension - split) * transformer2.ParametersPerFeature));
        Dimension = dimension;
        ContextWidth = context;
        _split = split;
        (_transformer1, _conditioner1) = (transformer1, conditioner1);
        (_transformer2, _conditioner2) = (transformer2, conditioner2);
    }

    /// <inheritdoc/>
    public string Kind => "two-sided-coupling";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => _transformer1.HasExactInverse && _transformer2.HasExactInverse;

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <summary>From a recipe entry: dimension, split (half, rounded down), transformer, conditioner (entries of their own, each used twice), context (0).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static TwoSidedCoupling<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("two-sided-coupling", config);
        int dimension = reader.Integer("dimension", 2), split = reader.Integer("split", 1, dimension / 2), context = reader.Integer("context", 0, 0);
        if (split >= dimension) throw new BadInputException($"two-sided-coupling: property 'split' is {split} of {dimension} features; it must leave at least one on each side.");
        JsonElement transformer = reader.Object("transformer"), conditioner = reader.Object("conditioner");
        ITransformer<T> first = TransformerRegistry.Create<T>(transformer), second = TransformerRegistry.Create<T>(transformer);
        IConditioner<T> net1 = ConditionerRegistry.Create<T>(conditioner, dimension - split + context, checked(split * first.ParametersPerFeature), first.ParametersPerFeature);
        IConditioner<T> net2 = ConditionerRegistry.Create<T>(conditioner, split + context, checked((dimension - split) * second.ParametersPerFeature), second.ParametersPerFeature);
        return reader.Make(() => new TwoSidedCoupling<T>(dimension, split, first, net1, second, net2, context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        if (_attached) throw new InvalidOperationException($"{Kind}: it is attached already; a bijector belongs to one store, make another one.");
        _attached = true;
        _transformer1.Attach(store, $"{scope}.first.transformer", SeedMix.Of(seed, 1));
        _conditioner1.Attach(store, $"{scope}.first", SeedMix.Of(seed, 2), TransformerStart.Of(_transformer1, _split));
        _transformer2.Attach(store, $"{scope}.second.transformer", SeedMix.Of(seed, 3));
        _conditioner2.Attach(store, $"{scope}.second", SeedMix.Of(seed, 4), TransformerStart.Of(_transformer2, Dimension - _split));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        (Var x1, Var x2) = Split(tape, x);
        (Var y1, Var logDet1) = _transformer1.Forward(tape, x1, Raw(tape, _conditioner1, x2, c));
        (Var y2, Var logDet2) = _transformer2.Forward(tape, x2, Raw(tape, _conditioner2, y1, c));
        return FlowStep.Exact(tape.ConcatColumns(y1, y2), tape.Add(logDet1, logDet2)) with { Gradient = Gradient };
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        (Var y1, Var y2) = Split(tape, z);
        (Var x2, Var logDet2) = _transformer2.Inverse(tape, y2, Raw(tape, _conditioner2, y1, c));
        (Var x1, Var logDet1) = _transformer1.Inverse(tape, y1, Raw(tape, _conditioner1, x2, c));
        return FlowStep.Exact(tape.ConcatColumns(x1, x2), tape.Add(logDet1, logDet2)) with { Gradient = Gradient };
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("split", _split);
        json.WriteNumber("context", ContextWidth);
        TransformerRegistry.Write(json, "transformer", _transformer1);
        ConditionerRegistry.Write(json, "conditioner", _conditioner1);
    }

    private GradientKind Gradient => _transformer1.Gradient > _transformer2.Gradient ? _transformer1.Gradient : _transformer2.Gradient;

    private static void CheckWidths(string which, IConditioner<T> conditioner, int inputs, int outputs)
    {
        if (conditioner.InputWidth != inputs || conditioner.OutputWidth != outputs)
            throw new ArgumentException($"{which} conditioner maps {conditioner.InputWidth} to {conditioner.OutputWidth} columns; it must map {inputs} to {outputs}.");
    }

    private (Var First, Var Second) Split(Tape<T> tape, Var x)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        if (!_attached) BijectorGuard.Attached(Kind, Var.None);
        return (tape.SliceColumns(x, 0, _split), tape.SliceColumns(x, _split, Dimension - _split));
    }

    private Var Raw(Tape<T> tape, IConditioner<T> conditioner, Var seen, in StepContext c)
        => conditioner.Record(tape, ContextGuard.Join(tape, Kind, seen, c.Context, ContextWidth), c);
}
