namespace NativeFlow.Cli.Compare;

/// <summary>How far a comparison is: a bar that rewrites itself on a terminal, else a line every ten seconds; and a line for every run that ends.</summary>
internal sealed class CompareProgressLine(TextWriter writer, bool quiet)
{
    private const int Width = 20;

    private readonly BenchProgress _line = new(writer);
    private readonly double _begun = BenchClock.Wall;
    private double _first = -1;

    public void Say(string what, double share)
    {
        if (quiet) return;
        if (_first < 0) _first = share;
        double spent = BenchClock.Wall - _begun;
        // The first seconds say little about the rest.
        string left = share - _first < 0.02 || spent < 2 ? "" : $" {Left(spent / (share - _first) * (1 - share))} left";
        int filled = (int)Math.Clamp(share * Width, 0, Width);
        _line.Say(FormattableString.Invariant($"[{new string('#', filled)}{new string('.', Width - filled)}] {100 * share:F0} %{left}  {what}"));
    }

    public void Done(CompareRecord record)
    {
        if (quiet) return;
        _line.Clear();
        string seeds = FormattableString.Invariant($"{record.Data} D {record.Dimension} seed {record.Seed}  {record.Strategy}");
        writer.WriteLine(record.Failure is { } failure ? $"{seeds}: diverged, {failure}"
            : record.TestNll is { } nll ? FormattableString.Invariant($"{seeds}: test NLL {nll:F3} +- {record.TestNllError:F3}, {record.Steps} steps, {record.Seconds:F1} s, {record.StepMilliseconds:G4} ms a step")
            : FormattableString.Invariant($"{seeds}: {record.StepMilliseconds:G4} ms a step ({record.StepMillisecondsLow:G4} to {record.StepMillisecondsHigh:G4})"));
        writer.Flush();
    }

    public void Clear() => _line.Clear();

    private static string Left(double seconds)
    {
        var left = TimeSpan.FromSeconds(Math.Min(seconds, 3.6e6));
        return left.TotalHours >= 1 ? $"{(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00}" : $"{left.Minutes}:{left.Seconds:00}";
    }
}
