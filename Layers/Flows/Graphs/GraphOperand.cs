using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>A normalised adjacency in the numbers of a tape, copied in once a recording and shared by all convolutions of it.</summary>
public sealed class GraphOperand<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T[] _values;
    private readonly T[] _columns;
    private readonly T[] _starts;

    /// <summary>Converts a matrix.</summary>
    public GraphOperand(NormalizedAdjacency matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        Nodes = matrix.Nodes;
        _values = new T[matrix.Values.Length];
        for (int i = 0; i < _values.Length; i++) _values[i] = T.CreateTruncating(matrix.Values[i]);
        _columns = Whole(matrix.Columns);
        _starts = Whole(matrix.Starts);
    }

    /// <summary>Rows and columns.</summary>
    public int Nodes { get; }

    /// <summary>Puts the matrix on a tape, as constants. Cost: one copy.</summary>
    public RecordedGraph Record(Tape<T> tape) => new(tape.Input(_values, 1, _values.Length), tape.Input(_columns, 1, _columns.Length), tape.Input(_starts, 1, _starts.Length));

    private static T[] Whole(ReadOnlySpan<int> numbers)
    {
        // Exact: there are fewer than 2^24 nodes, and in float as many stored numbers are the limit.
        if (typeof(T) == typeof(float) && numbers[^1] > 1 << 24) throw new BadInputException($"The graph has {numbers[^1]} stored numbers, more than the {1 << 24} that float can count; use --dtype double.");
        var converted = new T[numbers.Length];
        for (int i = 0; i < converted.Length; i++) converted[i] = T.CreateTruncating(numbers[i]);
        return converted;
    }
}
