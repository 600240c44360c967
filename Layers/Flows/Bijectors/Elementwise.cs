using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A transformer on every feature with parameters of its own, the same for every sample: z_j = h(x_j; raw_j). log|det| = sum log|h'|.</summary>
/// <remarks>Parameter raw [1 x D P]. Starts where the transformer starts, the identity for most.</remarks>
public sealed class Elementwise<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ITransformer<T> _transformer;
    private Var _raw = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="transformer">The function; it belongs to this layer alone.</param>
    /// <exception cref="ArgumentException">The dimension is less than 1.</exception>
    public Elementwise(int dimension, ITransformer<T> transformer)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
        _transformer = transformer;
    }

    /// <inheritdoc/>
    public string Kind => "elementwise";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => _transformer.HasExactInverse;

    /// <summary>From a recipe entry: dimension, transformer (an entry of its own).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Elementwise<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("elementwise", config);
        int dimension = reader.Integer("dimension", 1);
        ITransformer<T> transformer = TransformerRegistry.Create<T>(reader.Object("transformer"));
        return reader.Make(() => new Elementwise<T>(dimension, transformer));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _raw);
        _transformer.Attach(store, $"{scope}.transformer", SeedMix.Of(seed, 1));
        _raw = store.AddParameter($"{scope}.raw", 1, Dimension * _transformer.ParametersPerFeature, TransformerStart.Of(_transformer, Dimension), decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _raw);
        (Var z, Var logDet) = _transformer.Forward(tape, x, _raw);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _raw);
        (Var x, Var logDet) = _transformer.Inverse(tape, z, _raw);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        if (_transformer is not ILipschitzTransformer<T> transformer) return LipschitzBounds.Unknown($"no bound is known of the slopes of {_transformer.Kind}");
        BijectorGuard.Attached(Kind, _raw);
        // Its parameters are the output of a network that is constant.
        var constant = new NetworkBounds(0, SingularValues.Largest(SingularValues.Read(store, _raw)));
        TransformerBounds b = transformer.Bounds(store, constant, inputBound, Dimension);
        return new LipschitzBounds(b.MostSlope, 1 / b.LeastSlope, b.OutputBound, b.Reason);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        TransformerRegistry.Write(json, "transformer", _transformer);
    }
}
