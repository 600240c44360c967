using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Some features pass through and decide, by a conditioner, how a transformer moves the others: z_A = x_A, z_B = h(x_B; net(x_A)).
/// log|det| = sum over B of log|h'|, [batch x 1]. Both directions cost one pass of the conditioner.
/// </summary>
/// <remarks>Source: Dinh, Krueger and Bengio 2014; Dinh, Sohl-Dickstein and Bengio 2017; survey section 3.4.1.</remarks>
public sealed class Coupling<T> : IBijector<T>, IImageLayer, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly FeatureSplit<T> _features;
    private readonly ImageSplit? _split;
    private readonly ITransformer<T> _transformer;
    private readonly IConditioner<T> _conditioner;

    /// <summary>Makes the bijector.</summary>
    /// <param name="moved">One entry a feature: true where the transformer moves it. Some must pass and some must move.</param>
    /// <param name="transformer">How; it belongs to this layer alone.</param>
    /// <param name="conditioner">From the features that pass (then the context) to the raw parameters of those that move.</param>
    /// <param name="context">Columns of the context of a conditional flow, 0 without.</param>
    /// <exception cref="ArgumentException">Nothing passes or nothing moves, or the conditioner's widths do not fit.</exception>
    public Coupling(ReadOnlySpan<bool> moved, ITransformer<T> transformer, IConditioner<T> conditioner, int context = 0)
    {
        _features = new FeatureSplit<T>(moved);
        ContextGuard.Conditioner(conditioner, _features.Passing, context, _features.Moving, transformer.ParametersPerFeature);
        ContextWidth = context;
        _transformer = transformer;
        _conditioner = conditioner;
    }

    /// <summary>A coupling of images: the split's first part passes, its second moves.</summary>
    /// <exception cref="ArgumentException">The conditioner's widths do not fit.</exception>
    public Coupling(ImageSplit split, ITransformer<T> transformer, IConditioner<T> conditioner, int context = 0) : this(split.Mask, transformer, conditioner, context) => _split = split;

    ImageShape? IImageLayer.ImageIn => _split?.Image;

    /// <inheritdoc/>
    public string Kind => "coupling";

    /// <inheritdoc/>
    public int Dimension => _features.Dimension;

    /// <inheritdoc/>
    public bool HasExactInverse => _transformer.HasExactInverse;

    /// <inheritdoc/>
    public int ContextWidth { get; }

    /// <summary>
    /// From a recipe entry: mask (a list of 0 and 1, 1 where a feature moves) or, for images, channels, height, width and split (channel,
    /// channel_inv, checkerboard, checkerboard_inv or a list of the channels that move); transformer, conditioner (entries of their own), context (0).
    /// </summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Coupling<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("coupling", config);
        ImageSplit? split = reader.Has("mask") ? null : ImageSplit.Read(reader);
        bool[] moved = split?.Mask ?? FeatureSplit<T>.ReadMask("coupling", reader);
        int context = reader.Integer("context", 0, 0), moving = moved.AsSpan().Count(true);
        if (moving == 0 || moving == moved.Length) throw new BadInputException($"coupling: property 'mask' moves {moving} of {moved.Length} features; at least one must move and one must pass.");
        ITransformer<T> transformer = TransformerRegistry.Create<T>(reader.Object("transformer"));
        IConditioner<T> conditioner = ConditionerRegistry.Create<T>(reader.Object("conditioner"), moved.Length - moving + context, checked(moving * transformer.ParametersPerFeature), transformer.ParametersPerFeature);
        return reader.Make(() => split is null ? new Coupling<T>(moved, transformer, conditioner, context) : new Coupling<T>(split, transformer, conditioner, context));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        _features.Attach(Kind, store, scope);
        _transformer.Attach(store, $"{scope}.transformer", SeedMix.Of(seed, 1));
        _conditioner.Attach(store, scope, SeedMix.Of(seed, 2), TransformerStart.Of(_transformer, _features.Moving));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        (Var pass, Var move, Var raw) = Split(tape, x, c);
        (Var moved, Var logDet) = _transformer.Forward(tape, move, raw);
        return FlowStep.Exact(_features.Together(tape, pass, moved), logDet) with { Gradient = _transformer.Gradient };
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        (Var pass, Var move, Var raw) = Split(tape, z, c);
        (Var moved, Var logDet) = _transformer.Inverse(tape, move, raw);
        return FlowStep.Exact(_features.Together(tape, pass, moved), logDet) with { Gradient = _transformer.Gradient };
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        if (_transformer is not ILipschitzTransformer<T> transformer) return LipschitzBounds.Unknown($"no bound is known of the slopes of {_transformer.Kind}");
        if (_conditioner is not ILipschitzNetwork<T> network) return LipschitzBounds.Unknown($"no bound is known of the network {_conditioner.Kind}");
        NetworkBounds known = network.Bounds(store, ContextWidth > 0 ? double.PositiveInfinity : inputBound);
        TransformerBounds b = transformer.Bounds(store, known, inputBound, _features.Moving);
        (double forward, double inverse) = LipschitzBounds.Triangular(b.Cross, b.LeastSlope, b.MostSlope);
        return new LipschitzBounds(forward, inverse, Math.Max(inputBound, b.OutputBound), b.Reason);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        if (_split is null) _features.WriteMask(json);
        else _split.Write(json);
        json.WriteNumber("context", ContextWidth);
        TransformerRegistry.Write(json, "transformer", _transformer);
        ConditionerRegistry.Write(json, "conditioner", _conditioner);
    }

    private (Var Pass, Var Move, Var Raw) Split(Tape<T> tape, Var x, in StepContext c)
    {
        (Var pass, Var move) = _features.Apart(Kind, tape, x);
        return (pass, move, _conditioner.Record(tape, ContextGuard.Join(tape, Kind, pass, c.Context, ContextWidth), c));
    }
}
