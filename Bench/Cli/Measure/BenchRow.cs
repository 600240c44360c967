namespace NativeFlow.Cli;

/// <summary>What came of one contender.</summary>
/// <param name="Name">As in the head of a column.</param>
/// <param name="Seconds">One call.</param>
/// <param name="OfLimit">Share of the limit reached, from limit readings beside each of its own; null where there is no limit.</param>
/// <param name="OursIsFaster">Its time over ours of the same round; 1 for ours.</param>
internal sealed record BenchEntry(string Name, Spread Seconds, Spread? OfLimit, Spread OursIsFaster);

/// <summary>One measured row.</summary>
/// <param name="Key">What it is.</param>
/// <param name="Work">Flops, bytes or elements of one call.</param>
/// <param name="Rounds">Rounds done.</param>
/// <param name="Repetitions">Calls of ours a round.</param>
/// <param name="FloorSeconds">One call at the limit.</param>
/// <param name="ClockGHz">Clock of the core beside our bursts, from the multiply-add loop at two a cycle.</param>
/// <param name="Entries">Ours first.</param>
/// <param name="Load">Load average of the last minute, after the row; NaN where unknown.</param>
/// <param name="BytesAllocated">Managed bytes a call of ours; NaN where not measured.</param>
internal sealed record BenchRow(BenchKey Key, double Work, int Rounds, int Repetitions, Spread? FloorSeconds, Spread ClockGHz, IReadOnlyList<BenchEntry> Entries, double Load, double BytesAllocated = double.NaN)
{
    /// <summary>The clock that elementwise goals are stated at.</summary>
    public const double GoalGHz = 3.5;

    public BenchEntry Ours => Entries[0];

    public IEnumerable<BenchEntry> Peers => Entries.Skip(1);

    /// <summary>Nanoseconds an element, as they would be at the goal's clock.</summary>
    public double NanosecondsAtGoalClock => Ours.Seconds.Median * 1e9 / Work * ClockGHz.Median / GoalGHz;

    /// <summary>The peer over which ours leads least.</summary>
    public BenchEntry? BestPeer(IReadOnlyList<string>? among = null) =>
        Peers.Where(p => among is null || among.Contains(p.Name)).MinBy(p => p.OursIsFaster.Median);
}
