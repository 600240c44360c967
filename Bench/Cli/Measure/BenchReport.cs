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

    /// <summary>Rows with goals that are all met, and all rows with a goal that could be judged.</summary>
    public (int Met, int Judged) Score
    {
        get
        {
            bool?[] verdicts = [.. Rows.Select(Verdict).Where(v => v is not null)];
            return (verdicts.Count(v => v == true), verdicts.Length);
        }
    }

    /// <summary>Whether every goal of a row that can be judged is met; null where none can.</summary>
    public static bool? Verdict(BenchRow row)
    {
        bool?[] met = [.. Goals.For(row.Key).Select(g => g.Met(row)).Where(m => m is not null)];
        return met.Length == 0 ? null : met.All(m => m == true);
    }
}
