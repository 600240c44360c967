using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = x for x &gt;= 0 and slope x below, with one learned slope = sigmoid(alpha_logit) + 1/2 for all features. log|det| is the number of negative features times log(slope), [batch x 1].</summary>
/// <remarks>Parameter alpha_logit [1 x 1], 0 at the start (slope 1, the identity). Cost: one pass either way. The density jumps at 0.</remarks>
public sealed class LearnableLeakyRelu<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _alphaLogit = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LearnableLeakyRelu(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "learnable-leaky-relu";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LearnableLeakyRelu<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("learnable-leaky-relu", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new LearnableLeakyRelu<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _alphaLogit);
        _alphaLogit = store.AddParameter($"{scope}.alpha_logit", 1, 1, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _alphaLogit);
        Var slope = Slope(tape), below = tape.Relu(tape.Negate(x));
        return FlowStep.Exact(tape.Subtract(tape.Relu(x), tape.Multiply(below, slope)), tape.Multiply(CountBelow(tape, x), tape.Log(slope)));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _alphaLogit);
        Var slope = Slope(tape), below = tape.Relu(tape.Negate(z));
        return FlowStep.Exact(tape.Subtract(tape.Relu(z), tape.Divide(below, slope)), tape.Negate(tape.Multiply(CountBelow(tape, z), tape.Log(slope))));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }

    private Var Slope(Tape<T> tape) => tape.AddConstant(tape.Sigmoid(_alphaLogit), 0.5);

    private static Var CountBelow(Tape<T> tape, Var x)
    {
        // The derivative of a ReLU is 1 above 0 and 0 at 0 and below.
        Var minus = tape.Negate(x);
        return tape.SumColumns(UnaryOps<T>.Relu.Derivative.Record(tape, minus, minus));
    }
}
