using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = H_K ... H_1 x, each H the reflection v - 2 q (q.v)/(q.q) of a learned vector q: a learned orthogonal matrix. log|det| = 0.</summary>
/// <remarks>Parameter q_vectors [K x D], Gaussian at the start; only their directions matter. D reflections reach every orthogonal matrix. All are applied at once: 4 B D K + B K^2 + 2 D K^2 flops either way. Source: Tomczak and Welling 2016; Joffrain et al. 2006 (UT transform).</remarks>
public sealed class Householder<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _reflections;
    private Var _vectors = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="reflections">Number of reflections K.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Householder(int dimension, int reflections)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("reflections", reflections);
        BijectorGuard.Matrix("reflections", reflections, "dimension", dimension);
        BijectorGuard.Matrix("reflections", reflections, "reflections", reflections);
        Dimension = dimension;
        _reflections = reflections;
    }

    /// <inheritdoc/>
    public string Kind => "householder";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, reflections.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Householder<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("householder", config);
        int dimension = reader.Integer("dimension", 1);
        int reflections = reader.Integer("reflections", 1);
        return reader.Make(() => new Householder<T>(dimension, reflections));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _vectors);
        _vectors = store.AddParameter($"{scope}.q_vectors", _reflections, Dimension, HouseholderReflections.Start(seed, _reflections, Dimension), decay: false);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A vector is zero.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _vectors);
        return FlowStep.Exact(HouseholderReflections.Apply(tape, x, _vectors, reverse: false), tape.Constant(0));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A vector is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _vectors);
        return FlowStep.Exact(HouseholderReflections.Apply(tape, z, _vectors, reverse: true), tape.Constant(0));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => LipschitzBounds.Isometry(Dimension, inputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("reflections", _reflections);
    }
}
