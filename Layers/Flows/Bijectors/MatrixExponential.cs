using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>z = e^A x + b. log|det| = tr A, [1 x 1]: never singular, and no factorisation.</summary>
/// <remarks>Parameters a [D x D], zero at the start (the identity), and bias [1 x D]. Only matrices with a real logarithm are reached, all of positive determinant. Cost: the exponential, about 2 (6 + s) D^3 flops, and 2 B D^2, either way; D for the log-determinant. Source: Xiao and Liu 2020, Generative flows with matrix exponential.</remarks>
public sealed class MatrixExponential<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private Var _a = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public MatrixExponential(int dimension, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        Dimension = dimension;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "matrix-exponential";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static MatrixExponential<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("matrix-exponential", config);
        int dimension = reader.Integer("dimension", 1);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new MatrixExponential<T>(dimension, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _a);
        _a = store.AddParameter($"{scope}.a", Dimension, Dimension);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _a);
        Var z = tape.MatMul(x, tape.MatrixExponential(_a), transposeB: true);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), Trace(tape, 1));
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _a);
        Var centred = _bias.IsNone ? z : tape.Subtract(z, _bias);
        return FlowStep.Exact(tape.MatMul(centred, tape.MatrixExponential(tape.Negate(_a)), transposeB: true), Trace(tape, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    private Var Trace(Tape<T> tape, double sign) => tape.Sum(tape.Multiply(_a, tape.Identity(Dimension)), sign);
}
