using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>How many probes a sample gets, and of which distribution; their estimates are averaged.</summary>
/// <param name="Count">Probes, at least 1.</param>
/// <param name="Kind">Distribution.</param>
public readonly record struct ProbeSettings(int Count, ProbeKind Kind)
{
    internal void Check()
    {
        if (Count < 1) throw new ArgumentException($"probes is {Count}; it must be at least 1.");
    }

    internal static ProbeSettings From(ConfigReader reader)
    {
        int count = reader.Integer("probes", 1, 1);
        string kind = reader.Choice("probe", "rademacher", "rademacher", "gaussian");
        return new ProbeSettings(count, kind == "gaussian" ? ProbeKind.Gaussian : ProbeKind.Rademacher);
    }

    internal void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteNumber("probes", Count);
        json.WriteString("probe", Kind == ProbeKind.Gaussian ? "gaussian" : "rademacher");
    }

    internal Var Draw<T>(Tape<T> tape, Var like, ulong key, long step, int index) where T : unmanaged, IFloatingPointIeee754<T>
        => Probes.Draw(tape, Kind, like.Rows, like.Cols, key, (ulong)step, index);

    internal Var Plus<T>(Tape<T> tape, Var sum, Var term) where T : unmanaged, IFloatingPointIeee754<T> => sum.IsNone ? term : tape.Add(sum, term);

    internal Var Mean<T>(Tape<T> tape, Var sum) where T : unmanaged, IFloatingPointIeee754<T> => Count == 1 ? sum : tape.Scale(sum, 1.0 / Count);
}
