using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = L U x + b with both factors in one matrix M [D x D]: L its lower triangle with the diagonal, U its strict upper triangle and ones. log|det| = sum of log|m_ii|, [1 x 1].</summary>
/// <remarks>Parameter lu [D x D], the identity at the start, and bias [1 x D]; the diagonal may have any sign but must stay clear of zero. Cost: 4 B D^2 flops forward, 2 B D^2 back by substitution.</remarks>
public sealed class LinearLuPacked<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private Var _lu = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LinearLuPacked(int dimension, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        Dimension = dimension;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "linear-lu-packed";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LinearLuPacked<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear-lu-packed", config);
        int dimension = reader.Integer("dimension", 1);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new LinearLuPacked<T>(dimension, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _lu);
        var identity = new double[Dimension * Dimension];
        for (int i = 0; i < Dimension; i++) identity[(i * Dimension) + i] = 1;
        _lu = store.AddParameter($"{scope}.lu", Dimension, Dimension, identity);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _lu);
        Var ux = tape.MatMul(x, tape.Triangle(_lu, lower: false, unit: true), transposeB: true);
        Var z = tape.MatMul(ux, tape.Triangle(_lu, lower: true), transposeB: true);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), LogDet(tape, 1));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A number on the diagonal is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _lu);
        Var centred = _bias.IsNone ? z : tape.Subtract(z, _bias);
        Var ux = tape.SolveTriangularRows(_lu, centred, lower: true);
        return FlowStep.Exact(tape.SolveTriangularRows(_lu, ux, lower: false, unit: true), LogDet(tape, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    private Var LogDet(Tape<T> tape, double sign)
    {
        Var diagonal = tape.SumColumns(tape.Multiply(_lu, tape.Identity(Dimension)));
        return tape.Sum(tape.Log(tape.Abs(diagonal)), sign);
    }
}
