using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>z = x + Q R_1 tanh(R_2 Q^T x + b): M planar maps at once, in directions that do not disturb each other. log|det| [batch x 1].</summary>
/// <remarks>Q [D x M]: the first M columns of a product of K Householder reflections. R_1, R_2 [M x M] upper triangular, their diagonals tanh of parameters, so that r1_ii r2_ii &gt; -1. Parameters q_vectors [K x D], r1_entries, r2_entries [1 x M(M-1)/2] row by row, r1_diag, r2_diag, b [1 x M]. Cost: 4 B D M + 4 B M^2 flops forward; the inverse solves M bracketed roots a row. Parameters from outside: <see cref="SylvesterMap"/>. Source: van den Berg et al. 2018.</remarks>
public sealed class Sylvester<T> : IBijector<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly int _rank;
    private readonly int _reflections;
    private Var _vectors = Var.None;
    private Var _entries1 = Var.None;
    private Var _entries2 = Var.None;
    private Var _diagonal1 = Var.None;
    private Var _diagonal2 = Var.None;
    private Var _b = Var.None;

    /// <summary>Makes the bijector.</summary>
    /// <param name="dimension">Number of features D.</param>
    /// <param name="rank">M, number of directions, at most D.</param>
    /// <param name="reflections">K, number of reflections that make Q.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public Sylvester(int dimension, int rank, int reflections)
    {
        BijectorGuard.Dimension("dimension", dimension);
        BijectorGuard.Dimension("rank", rank);
        BijectorGuard.Matrix("rank", rank, "dimension", dimension);
        BijectorGuard.Dimension("reflections", reflections);
        BijectorGuard.Matrix("reflections", reflections, "dimension", dimension);
        BijectorGuard.Matrix("reflections", reflections, "reflections", reflections);
        if (rank > dimension) throw new ArgumentException($"rank is {rank}, dimension is {dimension}; there are at most as many directions as features.");
        Dimension = dimension;
        _rank = rank;
        _reflections = reflections;
    }

    /// <inheritdoc/>
    public string Kind => "sylvester";

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>From a recipe entry: dimension, rank, reflections.</summary>
    /// <exception cref="BadInputException">A property is unknown, missing, of the wrong type or out of range.</exception>
    public static Sylvester<T> FromConfig(JsonElement config)
    {
        var reader = new ConfigReader("sylvester", config);
        int dimension = reader.Integer("dimension", 1);
        int rank = reader.Integer("rank", 1);
        int reflections = reader.Integer("reflections", 1);
        return reader.Make(() => new Sylvester<T>(dimension, rank, reflections));
    }

    /// <inheritdoc/>
    public void Attach(ParameterStore<T> store, string scope, ulong seed)
    {
        BijectorGuard.NotAttached(Kind, _vectors);
        _vectors = store.AddParameter($"{scope}.q_vectors", _reflections, Dimension, HouseholderReflections.Start(seed, _reflections, Dimension), decay: false);
        var start = new double[2 * _rank];
        RandomFill.Gaussian<double>(SeedMix.Of(seed, 1), 0, 0, start);
        for (int i = 0; i < start.Length; i++) start[i] *= 0.1;
        if (_rank > 1) _entries1 = store.AddParameter($"{scope}.r1_entries", 1, _rank * (_rank - 1) / 2);
        if (_rank > 1) _entries2 = store.AddParameter($"{scope}.r2_entries", 1, _rank * (_rank - 1) / 2);
        _diagonal1 = store.AddParameter($"{scope}.r1_diag", 1, _rank, start.AsSpan(0, _rank));
        _diagonal2 = store.AddParameter($"{scope}.r2_diag", 1, _rank, start.AsSpan(_rank));
        _b = store.AddParameter($"{scope}.b", 1, _rank, decay: false);
    }

    /// <inheritdoc/>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, x);
        BijectorGuard.Attached(Kind, _vectors);
        return SylvesterMap.Forward(tape, x, Basis(tape), Upper(tape, _entries1, _diagonal1), Upper(tape, _entries2, _diagonal2), _b);
    }

    /// <inheritdoc/>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        BijectorGuard.Width(Kind, Dimension, z);
        BijectorGuard.Attached(Kind, _vectors);
        return SylvesterMap.Inverse(tape, z, Basis(tape), Upper(tape, _entries1, _diagonal1), Upper(tape, _entries2, _diagonal2), _b);
    }

    /// <inheritdoc/>
    public void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("dimension", Dimension);
        json.WriteNumber("rank", _rank);
        json.WriteNumber("reflections", _reflections);
    }

    /// <summary>Q [D x M]: the images of the first M unit vectors.</summary>
    private Var Basis(Tape<T> tape)
    {
        Var unit = tape.Identity(_rank);
        if (_rank < Dimension) unit = tape.ConcatColumns(unit, tape.Constant(0, _rank, Dimension - _rank));
        return tape.Transpose(HouseholderReflections.Apply(tape, unit, _vectors, reverse: false));
    }

    private Var Upper(Tape<T> tape, Var entries, Var diagonal) => tape.UnpackTriangle(entries, tape.Tanh(diagonal), _rank, lower: false);
}
