using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = (diag(e^s) + U V^T) x + b, U and V [D x R]. log|det| = sum s + log|det(I + V^T diag(e^-s) U)|, [1 x 1], by the matrix determinant lemma.</summary>
/// <remarks>Parameters log_diagonal [1 x D], u, v [D x R] (small Gaussian at the start), bias [1 x D]. Cost: 4 B D R flops either way (the inverse by Woodbury's identity), 2 D R^2 + 2/3 R^3 for the log-determinant; no D^2 or D^3 anywhere.</remarks>
public sealed class DiagonalLowRank<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly bool _hasBias;
    private readonly int _rank;
    private Var _logDiagonal = Var.None;
    private Var _u = Var.None;
    private Var _v = Var.None;
    private Var _bias = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="rank">R, number of columns of U and V.</param>
    /// <param name="bias">Whether there is a bias b.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public DiagonalLowRank(int dimension, int rank, bool bias = true)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("rank", rank);
        BijectorGuard.Matrix("rank", rank, "dimension", dimension);
        BijectorGuard.Matrix("rank", rank, "rank", rank);
        Dimension = dimension;
        _rank = rank;
        _hasBias = bias;
    }

    /// <inheritdoc/>
    public string Kind => "diagonal-low-rank";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: dimension, rank, no_bias (false).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static DiagonalLowRank<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("diagonal-low-rank", config);
        int dimension = reader.Integer("dimension", 1);
        int rank = reader.Integer("rank", 1);
        bool noBias = reader.Flag("no_bias", false);
        return reader.Make(() => new DiagonalLowRank<T>(dimension, rank, !noBias));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _logDiagonal);
        double[] start = new double[2 * Dimension * _rank];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] *= 0.1 / Math.Sqrt(Dimension);
        _logDiagonal = store.AddParameter($"{scope}.log_diagonal", 1, Dimension);
        _u = store.AddParameter($"{scope}.u", Dimension, _rank, start.AsSpan(0, Dimension * _rank));
        _v = store.AddParameter($"{scope}.v", Dimension, _rank, start.AsSpan(Dimension * _rank));
        if (_hasBias) _bias = store.AddParameter($"{scope}.bias", 1, Dimension, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _logDiagonal);
        Var z = tape.Add(tape.Multiply(x, tape.Exp(_logDiagonal)), tape.MatMul(tape.MatMul(x, _v), _u, transposeB: true));
        return FlowStep.Exact(_bias.IsNone ? z : tape.Add(z, _bias), tape.Add(tape.Sum(_logDiagonal), tape.LogAbsDet(Small(tape))));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">The matrix is singular.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _logDiagonal);
        // (E + U V^T)^-1 = E^-1 - E^-1 U (I + V^T E^-1 U)^-1 V^T E^-1.
        Var small = Small(tape), one = tape.Exp(tape.Negate(_logDiagonal)), y = tape.Multiply(_bias.IsNone ? z : tape.Subtract(z, _bias), one);
        Var low = tape.MatMul(tape.SolveRows(small, tape.MatMul(y, _v)), _u, transposeB: true);
        Var logDet = tape.Add(tape.Sum(_logDiagonal), tape.LogAbsDet(small));
        return FlowStep.Exact(tape.Subtract(y, tape.Multiply(low, one)), tape.Negate(logDet));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("rank", _rank);
        if (!_hasBias) json.WriteBoolean("no_bias", true);
    }

    /// <summary>I + V^T diag(e^-s) U, [R x R].</summary>
    private Var Small(Tape<T> tape)
    {
        Var scaled = tape.Multiply(_u, tape.Exp(tape.Negate(_logDiagonal)).Reshape(Dimension, 1));
        return tape.Add(tape.MatMul(_v, scaled, transposeA: true), tape.Identity(_rank));
    }
}
