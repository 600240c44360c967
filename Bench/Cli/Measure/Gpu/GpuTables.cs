using System.Globalization;

namespace NativeFlow.Cli;

/// <summary>Tables of what was measured on a device.</summary>
internal static class GpuTables
{
    /// <summary>Rates of products.</summary>
    public static BenchTable Products(BenchRow[] rows, bool quartiles) => Make(
        rows, "Matrix products on the device: Tflop/s, share of the peak in single precision, time of PyTorch over ours", ["form", "size", "by", "Tflop/s", "share", "x ours", "goal", ""],
        (r, e) => [Number(r.Work / e.Seconds.Median / 1e12, "F3"), e.OfLimit is { } share ? Range(share, quartiles) : "", Lead(e, quartiles)]);

    /// <summary>Training steps.</summary>
    public static BenchTable Steps(BenchRow[] rows, bool quartiles) => Make(
        rows, "Training step on the device, two layers, batch and losses included: ms, time over the floor (products at the peak, Adam at the memory's), time of PyTorch over ours", ["strategy", "size", "by", "ms", "x floor", "x ours", "goal", ""],
        (r, e) => [Number(1e3 * e.Seconds.Median, "G4"), e.OfLimit is { } share ? Number(1 / share.Median, "F2") : "", Lead(e, quartiles)]);

    private static BenchTable Make(BenchRow[] rows, string title, string[] head, Func<BenchRow, BenchEntry, string[]> numbers) => new(
        title, head,
        [.. rows.SelectMany(r => r.Entries.Select((e, i) => (IReadOnlyList<string>)
        [
            r.Key.Kernel, r.Key.Size, e.Name, .. numbers(r, e), i == 0 ? BenchTable.GoalText(r) : "",
            i > 0 ? "" : BenchReport.Of(r) switch { Verdict.Met => BenchTable.Met, Verdict.Part => BenchTable.Part, Verdict.Missed => BenchTable.Missed, _ => BenchTable.Unknown },
        ]))]);

    private static string Lead(BenchEntry entry, bool quartiles) => entry.Name == BenchContender.Ours ? "" : Range(entry.OursIsFaster, quartiles);

    private static string Range(Spread s, bool quartiles) => quartiles ? $"{Number(s.Median, "F2")} ({Number(s.Low, "F2")} to {Number(s.High, "F2")})" : Number(s.Median, "F2");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
