using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Independent logistic features: log p = sum(-u - 2 softplus(-u) - log_scale), u = (x - loc)/scale.</summary>
/// <remarks>Parameters loc, log_scale [1 x features].</remarks>
public sealed class Logistic<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly LocationScale<T> _at;

    /// <summary>Makes the distribution.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="loc">Start of loc; zeros when empty.</param>
    /// <param name="logScale">Start of log_scale; zeros when empty.</param>
    /// <param name="trainable">Whether the parameters are learned.</param>
    /// <exception cref="ArgumentException">A length or a number is out of range.</exception>
    public Logistic(int dimension, ReadOnlySpan<double> loc = default, ReadOnlySpan<double> logScale = default, bool trainable = true)
        => _at = new LocationScale<T>("logistic", dimension, loc, logScale, trainable);

    /// <inheritdoc/>
    public string Kind => "logistic";

    /// <inheritdoc/>
    public int Dimension => _at.Dimension;

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension; loc, log_scale (lists), trainable.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Logistic<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("logistic", config);
        (int dimension, double[]? loc, double[]? logScale, bool trainable) = LocationScale<T>.Read(reader);
        return reader.Make(() => new Logistic<T>(dimension, loc, logScale, trainable));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) => _at.Attach(store, scope);

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        (Var u, Var sumLogScale) = _at.Standardize(tape, z);
        return LocationScale<T>.Sum(tape, tape.Subtract(tape.Scale(tape.LogSigmoid(u), 2), u), sumLogScale);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
        => _at.Place(tape, DistributionNoise.Quantile(tape, count, Dimension, key, stream, DistributionNoise.Logistic));

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => _at.WriteConfig(json);
}
