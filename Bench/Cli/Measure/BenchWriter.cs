using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NativeFlow.Cli;

/// <summary>Prints a report as text, as a Markdown page and as JSON.</summary>
internal static class BenchWriter
{
    /// <summary>Fixed-width text; lines stay within 80 columns wherever the columns allow it.</summary>
    public static void Text(BenchReport report, TextWriter output, bool colour)
    {
        foreach (string line in About(report)) output.WriteLine(line);
        if (report.Rates.Count > 0)
        {
            output.WriteLine();
            foreach (MachineRate rate in report.Rates)
                output.WriteLine(Invariant($"  {rate.Name,-34} {rate.Rate.Median,8:F1} {rate.Unit}  ({rate.Rate.Low:F1} to {rate.Rate.High:F1})"));
        }

        foreach (BenchTable table in BenchTable.Of(report, quartiles: false))
        {
            output.WriteLine();
            output.WriteLine(table.Title);
            int[] widths = [.. table.Head.Select((h, c) => Math.Max(h.Length, table.Cells.Max(r => r[c].Length)))];
            output.WriteLine(Line(table.Head, widths));
            foreach (IReadOnlyList<string> row in table.Cells)
            {
                string line = Line(row, widths);
                output.WriteLine(colour ? Colour(line, row[^1]) : line);
            }
        }

        output.WriteLine();
        if (report.Rows.Count > 0) output.WriteLine("Lead: time of the best peer over ours. Goals: share or time, then lead.");
        foreach ((string name, string about) in report.Peers) output.WriteLine($"{name}: {about}");
        foreach (string note in report.Notes) output.WriteLine($"note: {note}");
        output.WriteLine(Closing(report));
    }

    /// <summary>The same as a page for <c>Bench/results</c>.</summary>
    public static string Markdown(BenchReport report)
    {
        var text = new StringBuilder("# `").Append(report.Command).Append("`\n\n");
        foreach (string line in About(report)) text.Append("- ").Append(line).Append('\n');
        foreach ((string name, string about) in report.Peers) text.Append("- ").Append(name).Append(": ").Append(about).Append('\n');
        foreach (string note in report.Notes) text.Append("- ").Append(note).Append('\n');
        if (report.Rates.Count > 0)
        {
            text.Append("\n## Limits of the machine\n\n| | median | quartiles |\n|---|--:|--:|\n");
            foreach (MachineRate rate in report.Rates)
                text.Append(CultureInfo.InvariantCulture, $"| {rate.Name} | {rate.Rate.Median:F1} {rate.Unit} | {rate.Rate.Low:F1} to {rate.Rate.High:F1} |\n");
        }

        foreach (BenchTable table in BenchTable.Of(report, quartiles: true))
        {
            text.Append("\n## ").Append(table.Title).Append("\n\n| ").AppendJoin(" | ", table.Head).Append(" |\n|");
            for (int c = 0; c < table.Head.Count; c++) text.Append(c < 2 ? "---|" : "--:|");
            text.Append('\n');
            foreach (IReadOnlyList<string> row in table.Cells) text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        }

        text.Append("\nMedians over the rounds, in brackets their quartiles. ");
        return text.Append(Closing(report)).Append('\n').ToString();
    }

    public static string Json(BenchReport report) => JsonText.Object(json =>
    {
        json.WriteString("command", report.Command);
        json.WriteString("started", report.Started);
        json.WriteBoolean("stopped", report.Stopped);
        json.WriteStartObject("machine");
        json.WriteString("cpu", report.Machine.Cpu);
        json.WriteNumber("cores", report.Machine.Cores);
        json.WriteString("system", report.Machine.System);
        json.WriteString("runtime", report.Machine.Runtime);
        json.WriteNumber("vector_bits", FmaPeak.Width);
        json.WriteNumber("l1_bytes", report.Machine.L1);
        json.WriteNumber("l2_bytes", report.Machine.L2);
        json.WriteNumber("l3_bytes", report.Machine.L3);
        json.WriteBoolean("caches_known", report.Machine.CachesKnown);
        json.WriteString("pinned", report.Pinned);
        json.WriteString("clock", report.Clock);
        Number(json, "load_before", report.LoadBefore);
        Number(json, "load_after", report.LoadAfter);
        json.WriteEndObject();
        json.WriteStartObject("peers");
        foreach ((string name, string about) in report.Peers) json.WriteString(name, about);
        json.WriteEndObject();
        json.WriteStartArray("notes");
        foreach (string note in report.Notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteStartArray("rates");
        foreach (MachineRate rate in report.Rates)
        {
            json.WriteStartObject();
            json.WriteString("name", rate.Name);
            json.WriteString("unit", rate.Unit);
            Spread(json, "rate", rate.Rate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (BenchRow row in report.Rows) Row(json, row);
        json.WriteEndArray();
        json.WriteNumber("rows_met", report.Count(Verdict.Met));
        json.WriteNumber("rows_met_in_part", report.Count(Verdict.Part));
        json.WriteNumber("rows_missed", report.Count(Verdict.Missed));
    });

    private static void Row(Utf8JsonWriter json, BenchRow row)
    {
        json.WriteStartObject();
        json.WriteString("suite", row.Key.Suite);
        json.WriteString("kernel", row.Key.Kernel);
        json.WriteString("type", row.Key.Type);
        json.WriteString("size", row.Key.Size);
        json.WriteNumber("threads", row.Key.Threads);
        json.WriteNumber("work", row.Work);
        json.WriteNumber("rounds", row.Rounds);
        json.WriteNumber("repetitions", row.Repetitions);
        Spread(json, "clock_ghz", row.ClockGHz);
        if (row.FloorSeconds is { } floor) Spread(json, "floor_seconds", floor);
        Number(json, "load", row.Load);
        if (!double.IsNaN(row.BytesAllocated)) Number(json, "bytes_allocated", row.BytesAllocated);
        json.WriteStartArray("entries");
        foreach (BenchEntry entry in row.Entries)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            Spread(json, "seconds", entry.Seconds);
            if (entry.OfLimit is { } share) Spread(json, "of_limit", share);
            Spread(json, "ours_is_faster", entry.OursIsFaster);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("goals");
        foreach (Goal goal in Goals.For(row.Key))
        {
            json.WriteStartObject();
            json.WriteString("kind", goal.Kind switch { GoalKind.OfLimit => "of_limit", GoalKind.OverPeer => "over_peer", GoalKind.Nanoseconds => "nanoseconds_at_3.5_ghz", _ => "over_floor" });
            json.WriteNumber("bound", goal.Bound);
            if (goal.Peers.Count > 0) json.WriteString("peer", string.Join(',', goal.Peers));
            if (goal.Value(row) is { } value) Number(json, "value", value);
            if (goal.Met(row) is { } met) json.WriteBoolean("met", met);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> About(BenchReport report)
    {
        BenchMachine m = report.Machine;
        yield return m.Cpu;
        yield return Invariant($"{m.Cores} {(m.Cores == 1 ? "core" : "cores")} allowed, L1 {m.L1 >> 10} KiB, L2 {m.L2 >> 10} KiB, L3 {m.L3 >> 20} MiB{(m.CachesKnown ? "" : " (assumed)")}, {FmaPeak.Width}-bit vectors");
        yield return $"{m.System}, {m.Runtime}";
        yield return Invariant($"{report.Pinned}, {report.Clock}, load {report.LoadBefore:F1} to {report.LoadAfter:F1}, {report.Started:yyyy-MM-dd HH:mm} UTC");
    }

    private static string Closing(BenchReport report)
    {
        string stopped = report.Stopped ? "stopped early: " : "";
        string part = report.Count(Verdict.Part) > 0 ? Invariant($", {report.Count(Verdict.Part)} in part (a peer is missing)") : "";
        return Invariant($"{stopped}{report.Rows.Count} rows; goals met in {report.Count(Verdict.Met)}{part}, missed in {report.Count(Verdict.Missed)}");
    }

    private static string Line(IReadOnlyList<string> cells, int[] widths) =>
        string.Join(' ', cells.Select((cell, c) => c < 2 || c == cells.Count - 1 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd();

    private static string Colour(string line, string verdict) => verdict switch
    {
        BenchTable.Met => $"\e[32m{line}\e[0m",
        BenchTable.Missed => $"\e[31m{line}\e[0m",
        _ => line,
    };

    private static void Spread(Utf8JsonWriter json, string name, Spread spread)
    {
        json.WriteStartObject(name);
        Number(json, "median", spread.Median);
        Number(json, "low", spread.Low);
        Number(json, "high", spread.High);
        json.WriteEndObject();
    }

    // JSON has no NaN; null says that there is no number.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
