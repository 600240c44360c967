using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>N(0, I): log p(z) = -D/2 log 2 pi - |z|^2 / 2.</summary>
public sealed class StandardNormal<T> : IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Creates it for a number of features.</summary>
    public StandardNormal(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "standard-normal";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool IsReparameterized => true;

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static StandardNormal<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("standard-normal", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new StandardNormal<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope) { }

    /// <inheritdoc/>
    public Var LogProb(Tape<T> tape, Var z)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return tape.StandardNormalLogProb(z);
    }

    /// <inheritdoc/>
    public Var Sample(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var z = tape.Allocate(count, Dimension, false);
        tape.Backend.Random(new RandomArgs(RandomKind.Gaussian, tape.ValueOf(z), key, stream));
        return z;
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json) => json.WriteNumber("dimension", Dimension);
}
