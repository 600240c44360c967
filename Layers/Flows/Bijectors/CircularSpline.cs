using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A learned rational-quadratic spline of the circle [-pi, pi) onto itself a feature, smooth across the seam. log|det| [batch x 1]. Starts as the identity.</summary>
/// <remarks>Parameter raw [1 x features (3 bins + 2)], as <see cref="CircularSplineTransformer{T}"/> takes them. Source: Rezende et al. 2020, Normalizing Flows on Tori and Spheres.</remarks>
public sealed class CircularSpline<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CircularSplineTransformer<T> _transformer;
    private readonly Elementwise<T> _features;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of angles.</param>
    /// <param name="transformer">The spline of each.</param>
    /// <exception cref="ArgumentException">The dimension is less than 1.</exception>
    public CircularSpline(int dimension, CircularSplineTransformer<T> transformer)
    {
        _transformer = transformer;
        _features = new Elementwise<T>(dimension, transformer);
    }

    /// <inheritdoc/>
    public string Kind => "circular-spline";

    /// <inheritdoc/>
    public int Dimension => _features.Dimension;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, bins (8), min_bin_width, min_bin_height, min_derivative (0.001 each).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static CircularSpline<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("circular-spline", config);
        int dimension = reader.Integer("dimension", 1);
        return new CircularSpline<T>(dimension, CircularSplineTransformer<T>.Read(reader));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed) => _features.Attach(store, scope, seed);

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c) => _features.Forward(tape, x, c);

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c) => _features.Inverse(tape, z, c);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        _transformer.WriteConfig(json);
    }
}
