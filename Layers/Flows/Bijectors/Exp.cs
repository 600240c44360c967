using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = e^x on every feature, onto the positive numbers. log|det| is the sum of x, [batch x 1].</summary>
/// <remarks>No parameters. Cost: one exp an element forward, one logarithm back.</remarks>
public sealed class Exp<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // e^x is finite below this.
    private static double Most => typeof(T) == typeof(float) ? 88.72283 : 709.78271289338;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Exp(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "exp";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Exp<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("exp", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new Exp<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or so large that e^x overflows (from 709.7 in double, 88.7 in single).</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        tape.RequireBetween(x, double.NegativeInfinity, Most, "exp, which would overflow", "scale its input");
        return FlowStep.Exact(tape.Exp(x), tape.SumColumns(x));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or not positive.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        tape.RequireBetween(z, 0, double.PositiveInfinity, "exp, inverse", "its input must be positive");
        Var x = tape.Log(z);
        return FlowStep.Exact(x, tape.SumColumns(x, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }
}
