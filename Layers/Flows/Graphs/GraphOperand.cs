using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A normalised adjacency in the numbers of a tape, copied in once a recording and shared by all convolutions of it.</summary>
public sealed class GraphOperand<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly NormalizedAdjacency _matrix;
    private readonly T[] _values;
    private readonly T[] _columns;
    private readonly T[] _starts;
    private readonly int[] _edges;
    private readonly int[] _degrees;
    private readonly double[] _draws;
    private readonly T[] _thinned;

    /// <summary>Converts a matrix.</summary>
    /// <exception cref="BadInputException">It has more stored numbers than the element type can count.</exception>
    public GraphOperand(NormalizedAdjacency matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        _matrix = matrix;
        Nodes = matrix.Nodes;
        _values = new T[matrix.Values.Length];
        for (int i = 0; i < _values.Length; i++) _values[i] = T.CreateTruncating(matrix.Values[i]);
        _columns = Whole(matrix.Columns);
        _starts = Whole(matrix.Starts);
        _edges = matrix.Edges.ToArray();
        _degrees = new int[Nodes];
        _draws = new double[(_values.Length - Nodes) / 2];
        _thinned = new T[_values.Length];
    }

    /// <summary>Rows and columns.</summary>
    public int Nodes { get; }

    /// <summary>Puts the matrix on a tape, as constants. Cost: one copy.</summary>
    public RecordedGraph Record(Tape<T> tape) => Record(tape, _values);

    /// <summary>Puts the matrix of a thinner graph on a tape: every edge is left out with probability <paramref name="share"/>, and the degrees are those of what is left.</summary>
    /// <param name="tape">Where.</param>
    /// <param name="share">From 0 to below 1.</param>
    /// <param name="key">Edge e is decided by (key, stream, e).</param>
    /// <param name="stream">See there.</param>
    public RecordedGraph RecordThinned(Tape<T> tape, double share, ulong key, ulong stream)
    {
        RandomFill.Uniform(key, stream, 0, (Span<double>)_draws);
        Array.Clear(_degrees);
        ReadOnlySpan<int> columns = _matrix.Columns, starts = _matrix.Starts;
        for (int r = 0; r < Nodes; r++)
            for (int p = starts[r]; p < starts[r + 1]; p++)
                if (_edges[p] >= 0 && _draws[_edges[p]] >= share) _degrees[r]++;
        for (int r = 0; r < Nodes; r++)
            for (int p = starts[r]; p < starts[r + 1]; p++)
                _thinned[p] = _edges[p] < 0 || _draws[_edges[p]] >= share ? T.CreateTruncating(NormalizedAdjacency.Weight(_matrix.Normalization, _degrees[r], _degrees[columns[p]])) : T.Zero;
        return Record(tape, _thinned);
    }

    private RecordedGraph Record(Tape<T> tape, T[] values) => new(tape.Input(values, 1, values.Length), tape.Input(_columns, 1, _columns.Length), tape.Input(_starts, 1, _starts.Length));

    private static T[] Whole(ReadOnlySpan<int> numbers)
    {
        // Node numbers are below 2^24 anyway; row starts count stored numbers.
        if (typeof(T) == typeof(float) && numbers[^1] > 1 << 24) throw new BadInputException($"The graph has {numbers[^1]} stored numbers, more than the {1 << 24} that float can count; use double.");
        var converted = new T[numbers.Length];
        for (int i = 0; i < converted.Length; i++) converted[i] = T.CreateTruncating(numbers[i]);
        return converted;
    }
}
