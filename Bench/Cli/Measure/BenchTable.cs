using System.Globalization;

namespace NativeFlow.Cli;

/// <summary>The rows as tables of text, one for each kind of figure; the terminal and the page print the same cells.</summary>
/// <param name="Title">What is measured against what.</param>
/// <param name="Head">Heads of the columns.</param>
/// <param name="Cells">Row by row.</param>
internal sealed record BenchTable(string Title, IReadOnlyList<string> Head, IReadOnlyList<IReadOnlyList<string>> Cells)
{
    public const string Met = "ok", Part = "part", Missed = "MISS", Unknown = "";

    /// <summary>Tables of all suites that have rows.</summary>
    /// <param name="report">The rows.</param>
    /// <param name="quartiles">Whether our figures carry the quartiles over the rounds.</param>
    public static IEnumerable<BenchTable> Of(BenchReport report, bool quartiles)
    {
        foreach (IGrouping<(string Suite, bool Threads), BenchRow> group in report.Rows.GroupBy(r => (r.Key.Suite, r.Key.Threads > 1)))
        {
            BenchRow[] rows = [.. group];
            yield return group.Key switch
            {
                ("flows", _) => Flows(rows, quartiles),
                ("conv", _) => Convolutions(rows, quartiles),
                ("gpu-gemm", _) => GpuTables.Products(rows, quartiles),
                ("gpu-step", _) => GpuTables.Steps(rows, quartiles),
                (_, true) => Threads(rows, quartiles),
                ("step", _) => Steps(rows, quartiles),
                ("elementwise" or "spline", _) => Elements(rows, quartiles),
                _ => Rates(rows, quartiles),
            };
        }
    }

    private static BenchTable Rates(BenchRow[] rows, bool quartiles)
    {
        bool bytes = rows[0].Key.Suite == "gemv";
        string[] peers = Peers(rows);
        return new BenchTable(
            bytes ? "Matrix times vector: GB/s, shares of the read rate of the same memory" : $"{Heading(rows[0].Key.Suite)}: Gflop/s, and shares of the multiply-add peak of the type",
            ["kernel", "size", bytes ? "GB/s" : "GF/s", "share", .. peers, "lead", "goal", ""],
            [.. rows.Select(r => (IReadOnlyList<string>)
            [
                Kernel(r), r.Key.Size, Number(r.Work / r.Ours.Seconds.Median / 1e9, "F1"), Share(r.Ours.OfLimit, quartiles),
                .. peers.Select(p => Share(r.Peers.FirstOrDefault(e => e.Name == p)?.OfLimit)), Times(GoalPeer(r), quartiles), GoalText(r), VerdictText(r),
            ])]);
    }

    private static BenchTable Threads(BenchRow[] rows, bool quartiles) => new(
        $"{Heading(rows[0].Key.Suite)} on {rows[0].Key.Threads} threads: ms, share of their peak, gain over one thread",
        ["kernel", "size", "ms", "share", "gain", "goal", ""],
        [.. rows.Select(r => (IReadOnlyList<string>)
            [Kernel(r), r.Key.Size, Milliseconds(r.Ours.Seconds.Median), Share(r.Ours.OfLimit, quartiles), Times(r.BestPeer(), quartiles), GoalText(r), VerdictText(r)])]);

    private static BenchTable Elements(BenchRow[] rows, bool quartiles)
    {
        string[] peers = Peers(rows);
        return new BenchTable(
            rows[0].Key.Suite == "spline"
                ? "Spline: ns an element (measured, at 3.5 GHz), share of the read rate, leads"
                : "Elementwise: ns an element (measured, at 3.5 GHz), share of y = s x, leads",
            ["function", "size", "ns", "at 3.5", "share", .. peers, "goal", ""],
            [.. rows.Select(r => (IReadOnlyList<string>)
            [
                Kernel(r), r.Key.Size, Number(r.Ours.Seconds.Median * 1e9 / r.Work, "F3"), Number(r.NanosecondsAtGoalClock, "F3"), Share(r.Ours.OfLimit, quartiles),
                .. peers.Select(p => Times(r.Peers.FirstOrDefault(e => e.Name == p), quartiles)), GoalText(r), VerdictText(r),
            ])]);
    }

    private static BenchTable Flows(BenchRow[] rows, bool quartiles) => new(
        "Deep flows, batch 256: ns a sample, bytes allocated a call",
        ["kernel", "preset", "ns", "bytes"],
        [.. rows.Select(r => (IReadOnlyList<string>)
            [Kernel(r), r.Key.Size, Nanoseconds(r.Ours.Seconds, r.Work, quartiles), Number(r.BytesAllocated, "F0")])]);

    // One line a contender: here the strategies themselves are what is compared.
    private static BenchTable Convolutions(BenchRow[] rows, bool quartiles) => new(
        "Nine 3x3 convolutions and eight splines, batch 100: ms of a training step, and of one layer's forward and backward; time over that of banded-exact",
        ["what", "images", "strategy", "ms", "x banded", "goal", ""],
        [.. rows.SelectMany(r => r.Entries.Select((e, i) => (IReadOnlyList<string>)
            [
                r.Key.Kernel, r.Key.Size, i == 0 ? "banded-exact" : e.Name,
                quartiles ? $"{Milliseconds(e.Seconds.Median)} ({Milliseconds(e.Seconds.Low)} to {Milliseconds(e.Seconds.High)})" : Milliseconds(e.Seconds.Median),
                i == 0 ? "" : Range(e.OursIsFaster.Median, e.OursIsFaster.Low, e.OursIsFaster.High, quartiles), i == 0 ? GoalText(r) : "", i == 0 ? VerdictText(r) : "",
            ]))]);

    private static string Nanoseconds(Spread seconds, double work, bool quartiles) =>
        quartiles
            ? $"{Number(seconds.Median * 1e9 / work, "F0")} ({Number(seconds.Low * 1e9 / work, "F0")} to {Number(seconds.High * 1e9 / work, "F0")})"
            : Number(seconds.Median * 1e9 / work, "F0");

    private static BenchTable Steps(BenchRow[] rows, bool quartiles)
    {
        string[] peers = Peers(rows);
        return new BenchTable(
            "Training step, two layers, batch 100: ms, floor, time over floor, leads",
            ["strategy", "size", "ms", "floor", "x floor", .. peers, "goal", ""],
            [.. rows.Select(r => (IReadOnlyList<string>)
            [
                r.Key.Kernel, r.Key.Size, Milliseconds(r.Ours.Seconds.Median), r.FloorSeconds is { } f ? Milliseconds(f.Median) : "",
                r.Ours.OfLimit is { } share ? Range(1 / share.Median, 1 / share.High, 1 / share.Low, quartiles) : "", .. peers.Select(p => Times(r.Peers.FirstOrDefault(e => e.Name == p), quartiles)), GoalText(r), VerdictText(r),
            ])]);
    }

    /// <summary>The goals in the order of the columns they speak of.</summary>
    public static string GoalText(BenchRow row) => string.Join(' ', Goals.For(row.Key).Select(g => g.Kind switch
    {
        GoalKind.OfLimit => Number(g.Bound, "0.0#"),
        GoalKind.OverPeer => Number(g.Bound, "0.0#") + "x",
        _ => "<" + Number(g.Bound, "0.0#"),
    }));

    private static string VerdictText(BenchRow row) => BenchReport.Of(row) switch
    {
        Verdict.Met => Met,
        Verdict.Part => Part,
        Verdict.Missed => Missed,
        _ => Unknown,
    };

    // Where the goal names its peers, the lead shown is the one over them.
    private static BenchEntry? GoalPeer(BenchRow row) =>
        Goals.For(row.Key).FirstOrDefault(g => g.Kind == GoalKind.OverPeer) is { Peers.Count: > 0 } named ? row.BestPeer(named.Peers) ?? row.BestPeer() : row.BestPeer();

    private static string[] Peers(BenchRow[] rows) => [.. rows.SelectMany(r => r.Peers).Select(p => p.Name).Distinct()];

    private static string Heading(string suite) => suite switch { "gemm" => "Matrix products", "step" => "Training step, batch 100,", _ => "Factorisations" };

    private static string Kernel(BenchRow row) => row.Key.Type == "double" ? row.Key.Kernel + " f64" : row.Key.Kernel;

    private static string Share(Spread? share, bool quartiles = false) => share is { } s ? Range(s.Median, s.Low, s.High, quartiles) : "";

    private static string Times(BenchEntry? peer, bool quartiles) => peer?.OursIsFaster is { } s ? Range(s.Median, s.Low, s.High, quartiles) + "x" : "";

    private static string Range(double median, double low, double high, bool quartiles) =>
        quartiles ? $"{Number(median, "F2")} ({Number(low, "F2")} to {Number(high, "F2")})" : Number(median, "F2");

    private static string Milliseconds(double seconds) => Number(seconds * 1e3, seconds < 1e-2 ? "F3" : "F1");

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
