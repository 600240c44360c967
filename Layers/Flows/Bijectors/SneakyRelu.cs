using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = (x + a (sqrt(1 + x^2) - 1))/(1 + a), a = (1 - slope)/(1 + slope), on every feature: a leaky ReLU without an edge, both ways in closed form. log|det| [batch x 1].</summary>
/// <remarks>No parameters. Cost: one or two square roots and one logarithm an element. Source: Finzi et al. 2019, Invertible convolutional networks.</remarks>
public sealed class SneakyRelu<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _slope;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="slope">Slope far below zero, in (0, 1].</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public SneakyRelu(int dimension, double slope = 0.1)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(slope > 0 && slope <= 1)) throw new ArgumentException($"slope is {slope}; it must be in (0, 1].");
        Dimension = dimension;
        _slope = slope;
    }

    /// <inheritdoc/>
    public string Kind => "sneaky-relu";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, slope (0.1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static SneakyRelu<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("sneaky-relu", config);
        int dimension = reader.Integer("dimension", 1);
        double slope = reader.Number("slope", 0.1);
        return reader.Make(() => new SneakyRelu<T>(dimension, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        (Var z, Var logDet) = ElementwiseFlowOp<T>.Record(tape, x, FlowFunction.SneakyRelu, _slope);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        (Var x, Var logDet) = ElementwiseInverseOp<T>.Record(tape, z, FlowFunction.SneakyRelu, _slope);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => LipschitzBounds.Slopes(_slope, 1, 0, inputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("slope", _slope);
    }
}
