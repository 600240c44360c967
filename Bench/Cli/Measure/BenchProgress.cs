namespace NativeFlow.Cli;

/// <summary>Where a long run is: one line that rewrites itself on a terminal, else a line every ten seconds.</summary>
internal sealed class BenchProgress(TextWriter writer)
{
    private const double SecondsBetweenLines = 10;

    private readonly bool _terminal = Terminal.IsOne(writer);
    private readonly double _begun = BenchClock.Wall;
    private double _last = BenchClock.Wall;

    public void Say(string what) => Show(what);

    public void Row(int done, int total, string label)
    {
        double spent = BenchClock.Wall - _begun;
        // Later rows are the larger ones: what is left is a guess until half is done.
        string left = done * 2 < total ? "" : FormattableString.Invariant($", about {Math.Ceiling(spent / done * (total - done))} s left");
        Show(FormattableString.Invariant($"{done + 1}/{total} {label}{left}"));
    }

    public void Clear()
    {
        if (_terminal) writer.Write("\r\e[K");
    }

    private void Show(string text)
    {
        if (_terminal)
        {
            writer.Write($"\r\e[K{text[..Math.Min(text.Length, 78)]}");
            writer.Flush();
        }
        else if (BenchClock.Wall - _last >= SecondsBetweenLines)
        {
            _last = BenchClock.Wall;
            writer.WriteLine(text);
        }
    }
}
