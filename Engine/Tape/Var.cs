namespace NativeFlow.Engine;

/// <summary>
/// Handle of a two-dimensional value [rows x cols], row-major. It names a place, not an object: value, gradient and tangent lie at the
/// same offset of three planes, so one handle names all three.
/// </summary>
/// <param name="Chunk">0: parameters; 1: buffers; from 2 on: chunks of the tape's arena.</param>
/// <param name="Offset">First element in the chunk.</param>
/// <param name="Rows">Rows; the batch, by custom.</param>
/// <param name="Cols">Columns; the features, by custom.</param>
/// <param name="NeedsGrad">Whether gradients flow into this value.</param>
public readonly record struct Var(int Chunk, int Offset, int Rows, int Cols, bool NeedsGrad)
{
    /// <summary>Chunk that holds the parameters of the bound store.</summary>
    public const int ParameterChunk = 0;

    /// <summary>Chunk that holds the buffers of the bound store.</summary>
    public const int BufferChunk = 1;

    /// <summary>First chunk of the arena.</summary>
    public const int FirstArenaChunk = 2;

    /// <summary>Number of elements.</summary>
    public int Length => Rows * Cols;

    /// <summary>No value: an optional input that is absent.</summary>
    public static Var None => new(-1, 0, 0, 0, false);

    /// <summary>True for <see cref="None"/>.</summary>
    public bool IsNone => Chunk < 0;

    /// <summary>Shape for messages, such as <c>100x64</c>.</summary>
    public string Shape => $"{Rows}x{Cols}";

    /// <summary>The same memory seen as [rows x cols]; gradients flow through, since they lie at the same place.</summary>
    /// <exception cref="ArgumentException">The number of elements differs.</exception>
    public Var Reshape(int rows, int cols)
    {
        if (rows * cols != Length) throw new ArgumentException($"Reshape: {Rows}x{Cols} has {Length} elements, {rows}x{cols} has {rows * cols}.");
        return this with { Rows = rows, Cols = cols };
    }

    /// <summary>Whether this handle was taken by <see cref="Detach"/>: a constant for gradients, tangents and recorded derivatives alike.</summary>
    public bool IsDetached { get; private init; }

    /// <summary>The same value as a constant: nothing flows through this handle.</summary>
    public Var Detach() => this with { NeedsGrad = false, IsDetached = true };

    /// <summary>Element number <paramref name="index"/>, row-major, as a 1x1 view.</summary>
    public Var Element(int index)
    {
        if ((uint)index >= (uint)Length) throw new ArgumentOutOfRangeException(nameof(index), $"Element {index} of a {Shape}.");
        return this with { Offset = Offset + index, Rows = 1, Cols = 1 };
    }

    /// <summary>Whether both handles name the same memory, whatever their shape or gradient flag.</summary>
    public bool SamePlace(Var other) => Chunk == other.Chunk && Offset == other.Offset;
}
