using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A distribution over [batch x features]: the base of a flow, or a target to be fitted.</summary>
/// <remarks>With fixed parameters (<c>trainable</c> false in its recipe) it needs no store and works on any tape.</remarks>
public interface IDistribution<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Type name in a recipe; also its page under docs/distributions.</summary>
    string Kind { get; }

    /// <summary>Number of features.</summary>
    int Dimension { get; }

    /// <summary>Whether the gradient that flows through <see cref="Sample"/> into the parameters is the whole one (location, scale and shape maps of fixed noise); true without parameters.</summary>
    bool IsReparameterized { get; }

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
