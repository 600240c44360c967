using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Independent Gumbel features (the distribution of the largest): log p = sum(-u - exp(-u) - log_scale), u = (x - loc)/scale.</summary>
/// <remarks>Parameters loc, log_scale [1 x features]. Below u = -log(largest number) the log-density is minus infinity, as it should be.</remarks>
public sealed class Gumbel<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LocationScale<T> _at;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public Gumbel(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, bool trainable = true)
        => _at = new LocationScale<T>("gumbel", dimension, loc, logScale, trainable);

    /// <inheritdoc/>
    public string Kind => "gumbel";

    /// <inheritdoc/>
    public int Dimension => _at.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Gumbel<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("gumbel", config);
        (int dimension, double[]? loc, double[]? logScale, bool trainable) = LocationScale<T>.Read(reader);
        return reader.Make(() => new Gumbel<T>(dimension, loc, logScale, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) => _at.Attach(store, scope);

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        (Var u, Var sumLogScale) = _at.Standardize(tape, z);
        return LocationScale<T>.Sum(tape, tape.Negate(tape.Add(u, tape.Exp(tape.Negate(u)))), sumLogScale);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
        => _at.Place(tape, DistributionNoise.Quantile(tape, count, Dimension, key, stream, DistributionNoise.Gumbel));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => _at.WriteConfig(json);
}
