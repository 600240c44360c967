using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = (I + U V) x on the last axis of [rows x features], U [F x R], V [R x F]. log|det| = rows log|det(I + V U)|, [1 x 1], by Sylvester's identity.</summary>
/// <remarks>An image is rows times features numbers, feature index row * features + feature; rows = 1 is a plain vector. Parameters u [F x R], v [R x F], small Gaussian at the start. Cost: 4 B rows F R flops either way (the inverse by Woodbury's identity), 2 F R^2 + 2/3 R^3 for the log-determinant. Source: Lu and Huang 2020, Woodbury transformations.</remarks>
public sealed class Woodbury<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _features;
    private readonly int _rank;
    private readonly int _rows;
    private Var _u = Var.None;
    private Var _v = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="features">F, numbers a row.</param>
    /// <param name="rank">R, number of columns of U.</param>
    /// <param name="rows">Rows a sample, each mapped alike.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Woodbury(int features, int rank, int rows = 1)
    {
        BijectorGuard.Dimension("features", features);
        BijectorGuard.Dimension("rank", rank);
        BijectorGuard.Dimension("rows", rows);
        BijectorGuard.Matrix("features", features, "rows", rows);
        BijectorGuard.Matrix("features", features, "rank", rank);
        BijectorGuard.Matrix("rank", rank, "rank", rank);
        _features = features;
        _rank = rank;
        _rows = rows;
    }

    /// <inheritdoc/>
    public string Kind => "woodbury";

    /// <inheritdoc/>
    public int Dimension => _features * _rows;

    /// <inheritdoc/>
    public bool HasExactInverse => true;

    /// <summary>From a recipe entry: features, rank, rows (1).</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Woodbury<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("woodbury", config);
        int features = reader.Integer("features", 1);
        int rank = reader.Integer("rank", 1);
        int rows = reader.Integer("rows", 1, 1);
        return reader.Make(() => new Woodbury<T>(features, rank, rows));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _u);
        double[] start = new double[2 * _features * _rank];
        RandomFill.Gaussian<double>(seed, 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] *= 0.1 / Math.Sqrt(_features);
        _u = store.AddParameter($"{scope}.u", _features, _rank, start.AsSpan(0, _features * _rank));
        _v = store.AddParameter($"{scope}.v", _rank, _features, start.AsSpan(_features * _rank));
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _u);
        Var rows = x.Reshape(x.Rows * _rows, _features);
        Var z = tape.Add(rows, tape.MatMul(tape.MatMul(rows, _v, transposeB: true), _u, transposeB: true));
        return FlowStep.Exact(z.Reshape(x.Rows, Dimension), tape.Scale(tape.LogAbsDet(Small(tape)), _rows));
    }

    /// <inheritdoc/>
    /// <exception cref="SingularMatrixException">The matrix is singular.</exception>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _u);
        // (I + U V)^-1 = I - U (I + V U)^-1 V.
        Var rows = z.Reshape(z.Rows * _rows, _features), small = Small(tape);
        Var low = tape.MatMul(tape.SolveRows(small, tape.MatMul(rows, _v, transposeB: true)), _u, transposeB: true);
        return FlowStep.Exact(tape.Subtract(rows, low).Reshape(z.Rows, Dimension), tape.Scale(tape.LogAbsDet(small), -_rows));
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("features", _features);
        json.WriteNumber("rank", _rank);
        json.WriteNumber("rows", _rows);
    }

    private Var Small(Tape<T> tape) => tape.Add(tape.MatMul(_v, _u), tape.Identity(_rank));
}
