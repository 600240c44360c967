using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace NativeFlow.Cli.Training;

/// <summary>Lines of a run, and on a terminal a progress bar below them.</summary>
internal sealed class RunDisplay
{
    private readonly TextWriter _writer;
    private readonly IAnsiConsole? _console;
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();
    private ProgressTask? _bar;

    /// <summary>Makes a display.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="terminal">Whether a person watches, with cursor control.</param>
    /// <param name="quiet">Only warnings.</param>
    public RunDisplay(TextWriter writer, bool terminal, bool quiet)
    {
        (_writer, IsQuiet) = (writer, quiet);
        if (terminal && !quiet) _console = Terminal.Console(writer);
    }

    public bool IsQuiet { get; }

    /// <summary>Runs the body under the progress bar, if there is one.</summary>
    public void Run(Action body)
    {
        if (_console is null)
        {
            body();
            return;
        }

        _console.Progress().AutoClear(true).Columns(new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }).Start(context =>
        {
            _bar = context.AddTask("starting", maxValue: 1);
            try
            {
                body();
            }
            finally
            {
                _bar.StopTask();
                _bar = null;
            }
        });
    }

    /// <summary>A line, unless quiet.</summary>
    public void Line(string text, string? colour = null)
    {
        if (!IsQuiet) Print(text, colour);
    }

    public void Warn(string text) => Print("warning: " + text, "yellow");

    /// <summary>Whether it is time to move the bar; asked before its text is made.</summary>
    public bool WantsBar(bool last) => _bar is not null && (last || _sinceRefresh.ElapsedMilliseconds >= 100);

    /// <summary>Moves the bar.</summary>
    public void Bar(double part, string text)
    {
        if (_bar is null) return;
        _sinceRefresh.Restart();
        _bar.Value = part;
        _bar.Description = text.EscapeMarkup();
    }

    /// <summary>Time left after so many of the work's units.</summary>
    public static string Left(double seconds, double done, double rest)
    {
        if (done <= 0) return "?";
        var left = TimeSpan.FromSeconds(Math.Min(3.6e6, seconds / done * rest));
        return left.TotalHours >= 1 ? $"{(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00}" : $"{left.Minutes}:{left.Seconds:00}";
    }

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private void Print(string text, string? colour)
    {
        if (_console is null) _writer.WriteLine(text);
        else _console.MarkupLine(colour is null ? text.EscapeMarkup() : $"[{colour}]{text.EscapeMarkup()}[/]");
        _writer.Flush();
    }
}
