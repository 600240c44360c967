using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Independent normal features: log p = sum(-log(2 pi)/2 - log_scale - u^2/2), u = (x - loc)/scale.</summary>
/// <remarks>Parameters loc, log_scale [1 x features].</remarks>
public sealed class DiagonalNormal<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LocationScale<T> _at;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public DiagonalNormal(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, bool trainable = true)
        => _at = new LocationScale<T>("diagonal-normal", dimension, loc, logScale, trainable);

    /// <inheritdoc/>
    public string Kind => "diagonal-normal";

    /// <inheritdoc/>
    public int Dimension => _at.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static DiagonalNormal<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("diagonal-normal", config);
        (int dimension, double[]? loc, double[]? logScale, bool trainable) = LocationScale<T>.Read(reader);
        return reader.Make(() => new DiagonalNormal<T>(dimension, loc, logScale, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) => _at.Attach(store, scope);

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        (Var u, Var sumLogScale) = _at.Standardize(tape, z);
        return tape.Subtract(tape.StandardNormalLogProb(u), sumLogScale);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
        => _at.Place(tape, DistributionNoise.Gaussian(tape, count, Dimension, key, stream));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => _at.WriteConfig(json);
}
