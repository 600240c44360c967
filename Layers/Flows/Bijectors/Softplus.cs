using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = log(1 + e^x) on every feature, onto the positive numbers; with <c>inverse</c> the other way, z = x + log(1 - e^-x). log|det| [batch x 1].</summary>
/// <remarks>No parameters. Cost: two or three transcendental functions an element either way.</remarks>
public sealed class Softplus<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _inverse;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="inverse">Whether Forward is the inverse of softplus, from the positive numbers to the line.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Softplus(int dimension, bool inverse = false)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
        _inverse = inverse;
    }

    /// <inheritdoc/>
    public string Kind => "softplus";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension, inverse (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Softplus<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("softplus", config);
        int dimension = reader.Integer("dimension", 1);
        bool inverse = reader.Flag("inverse", false);
        return reader.Make(() => new Softplus<T>(dimension, inverse));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">With <c>inverse</c>: an element is NaN or not positive.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        return _inverse ? ToLine(tape, x) : ToPositive(tape, x);
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">Without <c>inverse</c>: an element is NaN or not positive.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        return _inverse ? ToPositive(tape, z) : ToLine(tape, z);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteBoolean("inverse", _inverse);
    }

    private static FlowStep ToPositive(Tape<T> tape, Var x) => FlowStep.Exact(tape.Softplus(x), tape.SumColumns(tape.LogSigmoid(x)));

    private static FlowStep ToLine(Tape<T> tape, Var x)
    {
        tape.RequireBetween(x, 0, double.PositiveInfinity, "softplus, from the positive numbers to the line", "its input must be positive");
        // log(1 - e^-x): small where x is large, log(x) where x is small.
        Var log = tape.Log(tape.Negate(tape.Expm1(tape.Negate(x))));
        return FlowStep.Exact(tape.Add(x, log), tape.SumColumns(log, -1));
    }
}
