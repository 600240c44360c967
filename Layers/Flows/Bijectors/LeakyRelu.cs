using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = x for x &gt;= 0 and slope x below, on every feature. log|det| is the sum of the logarithms of the slopes, [batch x 1].</summary>
/// <remarks>No parameters. Cost: one pass either way. The density jumps at 0; SmoothLeakyRelu has no such edge.</remarks>
public sealed class LeakyRelu<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly double _slope;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features.</param>
    /// <param name="slope">Slope below zero, positive.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LeakyRelu(int dimension, double slope = 0.01)
    {
        BijectorGuard.Dimension("dimension", dimension);
        if (!(slope > 0) || !double.IsFinite(slope)) throw new ArgumentException($"slope is {slope}; it must be positive and finite.");
        Dimension = dimension;
        _slope = slope;
    }

    /// <inheritdoc/>
    public string Kind => "leaky-relu";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, slope (0.01).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LeakyRelu<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("leaky-relu", config);
        int dimension = reader.Integer("dimension", 1);
        double slope = reader.Number("slope", 0.01);
        return reader.Make(() => new LeakyRelu<T>(dimension, slope));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        (Var z, Var logDet) = ElementwiseFlowOp<T>.Record(tape, x, FlowFunction.LeakyRelu, _slope);
        return FlowStep.Exact(z, logDet);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        (Var x, Var logDet) = ElementwiseInverseOp<T>.Record(tape, z, FlowFunction.LeakyRelu, _slope);
        return FlowStep.Exact(x, logDet);
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => LipschitzBounds.Slopes(Math.Min(1, _slope), Math.Max(1, _slope), 0, inputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("slope", _slope);
    }
}
