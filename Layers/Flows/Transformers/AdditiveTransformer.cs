using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = x + t. One parameter a feature; log|det| = 0. Source: Dinh, Krueger and Bengio 2014, NICE.</summary>
public sealed class AdditiveTransformer<T> : ITransformer<T>, ILipschitzTransformer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public string Kind => "additive";

    /// <inheritdoc/>
    public int ParametersPerFeature => 1;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry without properties.</summary>
    public static AdditiveTransformer<T> FromConfig(JsonElement config) => new ConfigReader("additive", config).Make(() => new AdditiveTransformer<T>());

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public void Start(Span<double> raw) => raw.Clear();

    /// <inheritdoc/>
    public (Var Z, Var LogAbsDet) Forward(Tape<T> tape, Var x, Var raw)
    {
        RawParameters.Check(this, x, raw);
        return (tape.Add(x, raw), tape.Constant(0));
    }

    /// <inheritdoc/>
    public (Var X, Var LogAbsDet) Inverse(Tape<T> tape, Var z, Var raw)
    {
        RawParameters.Check(this, z, raw);
        return (tape.Subtract(z, raw), tape.Constant(0));
    }

    /// <inheritdoc/>
    public TransformerBounds Bounds(ParameterStore<T> store, in NetworkBounds network, double inputBound, int features)
        => new(1, 1, network.Lipschitz, inputBound + network.OutputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
    }
}
