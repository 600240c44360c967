using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = atan(x)/pi + 1/2 on every feature, onto (0, 1): the distribution function of Cauchy's law, with tails that saturate slowly. log|det| is the sum of -log(pi (1 + x^2)), [batch x 1].</summary>
/// <remarks>No parameters. Cost: one arc tangent and one logarithm an element forward; sine, cosine and logarithm back.</remarks>
public sealed class CauchyCdf<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    // x^2 is finite below this.
    private static double Most => typeof(T) == typeof(float) ? 1.8446743e19 : 1.3407807929942e154;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public CauchyCdf(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "cauchy-cdf";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static CauchyCdf<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("cauchy-cdf", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new CauchyCdf<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or so large that x^2 overflows.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        tape.RequireBetween(x, -Most, Most, "cauchy-cdf, where x^2 would overflow", "scale its input");
        Var logDet = tape.SumColumns(tape.Log1p(tape.Square(x)), -1);
        return FlowStep.Exact(tape.AddConstant(tape.Scale(tape.Atan(x), 1 / Math.PI), 0.5), tape.AddConstant(logDet, -Dimension * Math.Log(Math.PI)));
    }

    /// <inheritdoc/>
    /// <exception cref="OutsideDomainException">An element is NaN or not in (0, 1).</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        tape.RequireBetween(z, 0, 1, "cauchy-cdf, inverse", "scale its input");
        // x = -cos(pi z)/sin(pi z). The sine is taken at the smaller of z and 1 - z, both exact: pi z would lose the distance to 1.
        Var smaller = tape.Subtract(z, tape.Relu(tape.AddConstant(tape.Scale(z, 2), -1)));
        Var sine = tape.Sin(tape.Scale(smaller, Math.PI));
        Var x = tape.Negate(tape.Divide(tape.Cos(tape.Scale(z, Math.PI)), sine));
        return FlowStep.Exact(x, tape.AddConstant(tape.SumColumns(tape.Log(sine), -2), Dimension * Math.Log(Math.PI)));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }
}
