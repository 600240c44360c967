namespace NativeFlow.Cli;

/// <summary>All that a run of <c>bench</c> has to say.</summary>
internal sealed record BenchReport
{
    public required BenchMachine Machine { get; init; }

    public required string Command { get; init; }

    public required string Pinned { get; init; }

    public required string Clock { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required double LoadBefore { get; init; }

    public required double LoadAfter { get; init; }

    /// <summary>Column head and what is behind it.</summary>
    public required IReadOnlyList<(string Name, string About)> Peers { get; init; }

    /// <summary>What is missing or different here.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public required IReadOnlyList<MachineRate> Rates { get; init; }

    public required IReadOnlyList<BenchRow> Rows { get; init; }

    /// <summary>Whether it was stopped before all rows were measured.</summary>
    public required bool Stopped { get; init; }

    /// <summary>Rows of a verdict.</summary>
    public int Count(Verdict verdict) => Rows.Count(r => Of(r) == verdict);

    /// <summary>How a row stands to its goals.</summary>
    public static Verdict Of(BenchRow row)
    {
        bool?[] met = [.. Goals.For(row.Key).Select(g => g.Met(row))];
        return met.Contains(false) ? Verdict.Missed
            : !met.Contains(true) ? Verdict.None
            : met.Contains(null) ? Verdict.Part : Verdict.Met;
    }
}
