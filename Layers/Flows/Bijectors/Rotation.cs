using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = e^(A - A^T) x: a learned rotation. log|det| = 0.</summary>
/// <remarks>Parameter a [D x D], zero at the start (the identity). Every rotation, and no reflection, is reached. Cost: the exponential, about 2 (6 + s) D^3 flops, and 2 B D^2; the inverse is the transpose. Source: Lezcano-Casado and Martinez-Rubio 2019.</remarks>
public sealed class Rotation<T> : IBijector<T>, ILipschitzLayer<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private Var _a = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Rotation(int dimension)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        Dimension = dimension;
    }

    /// <inheritdoc/>
    public string Kind => "rotation";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Rotation<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("rotation", config);
        int dimension = reader.Integer("dimension", 1);
        return reader.Make(() => new Rotation<T>(dimension));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _a);
        _a = store.AddParameter($"{scope}.a", Dimension, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _a);
        return FlowStep.Exact(tape.MatMul(x, Matrix(tape), transposeB: true), tape.Constant(0));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _a);
        return FlowStep.Exact(tape.MatMul(z, Matrix(tape)), tape.Constant(0));
    }

    /// <inheritdoc/>
    public LipschitzBounds Bounds(ParameterStore<T> store, double inputBound) => LipschitzBounds.Isometry(Dimension, inputBound);

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
    }

    private Var Matrix(Tape<T> tape) => tape.MatrixExponential(tape.Subtract(_a, tape.Transpose(_a)));
}
