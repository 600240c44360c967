using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How many probes a sample gets, and of which distribution; their estimates are averaged.</summary>
/// <param name="Count">Probes, at least 1; of orthonormal ones at most D.</param>
/// <param name="Kind">Distribution.</param>
/// <param name="Sketch">Directions whose part of the trace is computed and not estimated (<see cref="HutchPlusPlus"/>); 0 for plain Hutchinson, at most D.</param>
public readonly record struct ProbeSettings(int Count, ProbeKind Kind, int Sketch = 0)
{
    internal void Check()
    {
        if (Count < 1) throw new ArgumentException($"probes is {Count}; it must be at least 1.");
        if (!Enum.IsDefined(Kind)) throw new ArgumentException($"probe is {Kind}; it must be one of {string.Join(", ", ProbeNames.All.ToArray())}.");
        if (Sketch < 0) throw new ArgumentException($"sketch is {Sketch}; it must be at least 0.");
    }

    /// <exception cref="ArgumentException">More orthonormal vectors than there is room for.</exception>
    internal void CheckDimension(int dimension)
    {
        if (Kind == ProbeKind.Orthonormal && Count > dimension) throw new ArgumentException($"probes is {Count} with {dimension} features; there are at most {dimension} orthonormal probes.");
        if (Sketch > dimension) throw new ArgumentException($"sketch is {Sketch} with {dimension} features; it must be at most {dimension}.");
    }

    internal static ProbeSettings From(ConfigReader reader, bool sketch = false)
        => new(reader.Integer("probes", 1, 1), ProbeNames.Read(reader, ProbeNames.All), sketch ? reader.Integer("sketch", 0, 0) : 0);

    internal void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("probes", Count);
        json.WriteString("probe", ProbeNames.Of(Kind));
        if (Sketch > 0) json.WriteNumber("sketch", Sketch);
    }

    /// <summary>All probes of a step below each other, [Count rows x cols]; <see cref="Probes.Part"/> takes them apart.</summary>
    internal Var DrawAll<T>(Tape<T> tape, Var like, ulong key, long step) where T : unmanaged, IFloatingPointIeee754<T>
    {
        CheckDimension(like.Cols);
        return Probes.DrawAll(tape, Kind, Count, like.Rows, like.Cols, key, (ulong)step);
    }

    internal Var Draw<T>(Tape<T> tape, Var like, ulong key, long step, int index) where T : unmanaged, IFloatingPointIeee754<T>
        => Probes.Draw(tape, Kind, like.Rows, like.Cols, key, (ulong)step, index);

    internal Var Plus<T>(Tape<T> tape, Var sum, Var term) where T : unmanaged, IFloatingPointIeee754<T> => sum.IsNone ? term : tape.Add(sum, term);

    internal Var Mean<T>(Tape<T> tape, Var sum) where T : unmanaged, IFloatingPointIeee754<T> => Count == 1 ? sum : tape.Scale(sum, 1.0 / Count);
}
