using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>The identity to tau, logarithmic beyond: z = sign(x) (min(|x|, tau) + log(1 + max(|x| - tau, 0))) on every feature. log|det| = -sum log(1 + max(|x| - tau, 0)), [batch x 1].</summary>
/// <remarks>No parameters. Cost: one logarithm an element, one exponential in the inverse. Source: Andrade 2024, Stable training of normalizing flows.</remarks>
public sealed class Loft<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _tau;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="tau">Largest |x| that passes as it is, above 0.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Loft(int dimension, double tau = 100)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(tau > 0 && double.IsFinite(tau))) throw new ArgumentException($"tau is {tau}; it must be above 0 and finite.");
        Dimension = dimension;
        _tau = tau;
    }

    /// <inheritdoc/>
    public string Kind => "loft";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, tau (100).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Loft<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("loft", config);
        int dimension = reader.Integer("dimension", 1);
        double tau = reader.Number("tau", 100);
        return reader.Make(() => new Loft<T>(dimension, tau));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        (Var inside, Var above, Var below) = Parts(tape, x);
        Var logAbove = tape.Log1p(above), logBelow = tape.Log1p(below);
        Var z = tape.Add(inside, tape.Subtract(logAbove, logBelow));
        return FlowStep.Exact(z, tape.SumColumns(tape.Add(logAbove, logBelow), -1));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        (Var inside, Var above, Var below) = Parts(tape, z);
        Var x = tape.Add(inside, tape.Subtract(tape.Expm1(above), tape.Expm1(below)));
        return FlowStep.Exact(x, tape.SumColumns(tape.Add(above, below)));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound)
    {
        double beyond = Math.Max(inputBound - _tau, 0);
        return new LipschitzBounds(1, 1 + beyond, Math.Min(inputBound, _tau) + Math.Log(1 + beyond), double.IsInfinity(beyond) ? "the slope falls as 1/|x| beyond tau; it takes a bound on the input" : "");
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("tau", _tau);
    }

    // x held to [-tau, tau], and by how much it lies above and below.
    private (Var Inside, Var Above, Var Below) Parts(Tape<T> tape, Var x)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        Var inside = tape.Clamp(x, -_tau, _tau), outside = tape.Subtract(x, inside);
        return (inside, tape.Relu(outside), tape.Relu(tape.Negate(outside)));
    }
}
