using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A base distribution over [batch x features].</summary>
public interface IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Type name in a recipe.</summary>
    string Kind { get; }

    /// <summary>Number of features.</summary>
    int Dimension { get; }

    /// <summary>Whether it lives on whole numbers: <see cref="LogProb"/> is then the logarithm of a probability, and data need no dequantisation.</summary>
    bool IsDiscrete => false;

    /// <summary>Adds parameters, if any.</summary>
    void Attach(ParameterStore<T> store, string scope);

    /// <summary>Records log p(z) in nats: [batch x 1].</summary>
    Var LogProb(Tape<T> tape, Var z);

    /// <summary>Draws <paramref name="count"/> samples [count x features] by (key, stream): the same on every machine.</summary>
    Var Sample(Tape<T> tape, int count, ulong key, ulong stream);

    /// <summary>Writes the properties needed to make it again.</summary>
    void WriteConfig(Utf8JsonWriter json);
}
