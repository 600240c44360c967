namespace NativeFlow.Cli.Compare;

/// <summary>The table at the end of a comparison, for a terminal.</summary>
internal static class CompareConsole
{
    public static void Write(TextWriter writer, IReadOnlyList<CompareRecord> records, bool cost)
    {
        if (records.Count == 0) return;
        if (cost) Costs(writer, records);
        else Results(writer, records);
        foreach (CompareRecord r in records.Where(r => r.Failure is not null))
            writer.WriteLine(FormattableString.Invariant($"diverged: {r.Strategy}, {r.Data} D {r.Dimension} seed {r.Seed}, step {r.Steps}: {r.Failure}"));
    }

    private static void Results(TextWriter writer, IReadOnlyList<CompareRecord> records)
    {
        int width = Math.Max(8, records.Max(r => r.Strategy.Length));
        foreach (var cell in records.GroupBy(r => (r.Data, r.Dimension)))
        {
            writer.WriteLine();
            writer.WriteLine(FormattableString.Invariant($"{cell.Key.Data}, D {cell.Key.Dimension}: exact NLL in nats, means over the seeds; +- is the standard error over the seeds, of one seed over the test rows"));
            writer.WriteLine($"{"strategy".PadRight(width)} {"seeds",5} {"diverged",8} {"test NLL",10} {"+-",7} {"steps",8} {"seconds",8} {"ms/step",8} {"cosine",8} {"|RWx-x|^2",10} {"B/step",7} {"MiB",6}");
            foreach (var arm in cell.GroupBy(r => r.Strategy))
            {
                CompareRecord[] good = [.. arm.Where(r => r.TestNll is not null)];
                double mean = good.Length > 0 ? good.Average(r => r.TestNll!.Value) : double.NaN;
                double error = good.Length > 1 ? Math.Sqrt(good.Sum(r => Math.Pow(r.TestNll!.Value - mean, 2)) / (good.Length - 1) / good.Length) : good.Length == 1 ? good[0].TestNllError!.Value : double.NaN;
                writer.WriteLine(
                    $"{arm.Key.PadRight(width)} {arm.Count(),5} {arm.Sum(r => r.Divergences),8} {Text(mean, "F3"),10} {Text(error, "F3"),7} {Text(arm.Average(r => (double)r.Steps), "F0"),8} {Text(arm.Average(r => r.Seconds), "F1"),8} "
                    + $"{Text(arm.Average(r => r.StepMilliseconds), "G4"),8} {Text(arm.Average(r => r.Curve.Count > 0 && double.IsFinite(r.Curve[^1].Cosine) ? r.Curve[^1].Cosine : null), "F4"),8} "
                    + $"{Text(arm.Average(r => r.Reconstruction), "G3"),10} {Text(arm.Average(r => r.AllocatedBytes), "F0"),7} {Text(arm.Average(r => r.PeakBytes / 1048576.0), "F1"),6}");
            }
        }
    }

    private static void Costs(TextWriter writer, IReadOnlyList<CompareRecord> records)
    {
        int width = Math.Max(8, records.Max(r => r.Strategy.Length));
        int[] dims = [.. records.Select(r => r.Dimension).Distinct().Order()];
        writer.WriteLine();
        writer.WriteLine(FormattableString.Invariant($"milliseconds of a training step, batch {records[0].Batch}, median of the rounds (half the distance of the quartiles)"));
        writer.WriteLine($"{"strategy".PadRight(width)}{string.Concat(dims.Select(d => FormattableString.Invariant($" {"D " + d,17}")))}");
        string[] strategies = [.. records.Select(r => r.Strategy).Distinct()];
        foreach (string s in strategies)
            writer.WriteLine($"{s.PadRight(width)}{string.Concat(dims.Select(d => At(records, s, d) is { StepMilliseconds: { } ms } r ? $" {FormattableString.Invariant($"{ms:G4} ({(r.StepMillisecondsHigh - r.StepMillisecondsLow) / 2:G2})"),17}" : $" {"-",17}"))}");
        if (dims.Length < 2) return;
        writer.WriteLine();
        writer.WriteLine("local exponent of the cost between successive D, measured / by the flops");
        writer.WriteLine($"{"strategy".PadRight(width)}{string.Concat(dims.Skip(1).Select((d, i) => FormattableString.Invariant($" {dims[i] + "-" + d,17}")))}");
        foreach (string s in strategies)
            writer.WriteLine($"{s.PadRight(width)}{string.Concat(dims.Skip(1).Select((d, i) => $" {$"{Exponent(records, s, dims[i], d, r => r.StepMilliseconds)} / {Exponent(records, s, dims[i], d, r => r.StepFlops)}",17}"))}");
    }

    private static CompareRecord? At(IReadOnlyList<CompareRecord> records, string strategy, int d) => records.FirstOrDefault(r => r.Strategy == strategy && r.Dimension == d);

    private static string Exponent(IReadOnlyList<CompareRecord> records, string strategy, int from, int to, Func<CompareRecord, double?> cost)
        => At(records, strategy, from) is { } a && At(records, strategy, to) is { } b && cost(a) is > 0 and { } x && cost(b) is > 0 and { } y
            ? Text(Math.Log(y / x) / Math.Log(to / (double)from), "F2") : "-";

    private static string Text(double? value, string format) => value is { } v && !double.IsNaN(v) ? v.ToString(format, System.Globalization.CultureInfo.InvariantCulture) : "-";
}
