using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = Q R x + b, Q a product of K Householder reflections, R upper triangular with diagonal e^s. log|det| = sum s, [1 x 1].</summary>
/// <remarks>Parameters upper_entries [1 x D(D-1)/2], row by row, log_upper_diag [1 x D], q_vectors [K x D], bias [1 x D]. Cost: 2 B D^2 + 4 B D K flops forward, B D^2 + 4 B D K back. Source: Hoogeboom et al. 2019, Emerging convolutions.</remarks>
public sealed class LinearQr<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly int _reflections;
    private Var _logDiagonal = Var.None;
    private Var _upper = Var.None;
    private Var _vectors = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="reflections">Number of reflections K.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public LinearQr(int dimension, int reflections, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Matrix("dimension", dimension, "dimension", dimension);
        BijectorGuard.Dimension("reflections", reflections);
        BijectorGuard.Matrix("reflections", reflections, "dimension", dimension);
        BijectorGuard.Matrix("reflections", reflections, "reflections", reflections);
        Dimension = dimension;
        _reflections = reflections;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "linear-qr";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, reflections, no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static LinearQr<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("linear-qr", config);
        int dimension = reader.Integer("dimension", 1);
        int reflections = reader.Integer("reflections", 1);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new LinearQr<T>(dimension, reflections, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _logDiagonal);
        if (Dimension > 1) _upper = store.AddParameter($"{scope}.upper_entries", 1, Dimension * (Dimension - 1) / 2);
        _logDiagonal = store.AddParameter($"{scope}.log_upper_diag", 1, Dimension);
        _vectors = store.AddParameter($"{scope}.q_vectors", _reflections, Dimension, HouseholderReflections.Start(seed, _reflections, Dimension), decay: false);
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _logDiagonal);
        Var rx = tape.MatMul(x, Upper(tape), transposeB: true), z = HouseholderReflections.Apply(tape, rx, _vectors, reverse: false);
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Sum(_logDiagonal));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">A reflection vector is zero.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _logDiagonal);
        Var rx = HouseholderReflections.Apply(tape, _bias.IsNone ? z : tape.Subtract(z, _bias), _vectors, reverse: true);
        return FlowStep.Exact(tape.SolveTriangularRows(Upper(tape), rx, lower: false), tape.Sum(_logDiagonal, -1));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("reflections", _reflections);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    private Var Upper(Tape<T> tape) => tape.UnpackTriangle(_upper, tape.Exp(_logDiagonal), Dimension, lower: false);
}
