using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = tanh(x) on every feature, onto (-1, 1). log|det| is the sum of log(1 - tanh(x)^2), [batch x 1].</summary>
/// <remarks>No parameters. Cost: three transcendental functions an element forward, two logarithms back. Beyond |x| of about 19 (double) or 9 (single) z is -1 or 1 to the last digit and cannot come back; the log-determinant stays exact.</remarks>
public sealed class Tanh<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Tanh(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "tanh";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Tanh<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("tanh", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new Tanh<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        // 1 - tanh(x)^2 = 4 sigmoid(2x) sigmoid(-2x), whose logarithm never saturates.
        Var twice = tape.Scale(x, 2);
        Var log = tape.Add(tape.LogSigmoid(twice), tape.LogSigmoid(tape.Negate(twice)));
        return FlowStep.Exact(tape.Tanh(x), tape.AddConstant(tape.SumColumns(log), Dimension * Math.Log(4)));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or not in (-1, 1).</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        tape.RequireBetween(z, -1, 1, "tanh, inverse", "scale its input");
        Var plus = tape.Log1p(z), minus = tape.Log1p(tape.Negate(z));
        return FlowStep.Exact(tape.Scale(tape.Subtract(plus, minus), 0.5), tape.SumColumns(tape.Add(plus, minus), -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }
}
