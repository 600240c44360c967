using System.Diagnostics;
using System.Globalization;
using NativeFlow.Layers;
using Spectre.Console;

namespace NativeFlow.Cli.Training;

/// <summary>What a run shows: rows of a table, and on a terminal a progress bar below them.</summary>
internal sealed class TrainDisplay
{
    private readonly TextWriter _writer;
    private readonly IAnsiConsole? _console;
    private readonly bool _quiet;
    private readonly bool _image;
    private readonly double _standardizedOffset;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Stopwatch _sinceRefresh = Stopwatch.StartNew();
    private ProgressTask? _bar;
    private long _firstStep = -1;
    private double _rowSteps;
    private double _rowSeconds;
    private bool _headed;

    /// <summary>Makes a display.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="terminal">Whether a person watches, with cursor control.</param>
    /// <param name="quiet">Only warnings.</param>
    /// <param name="image">Whether bits per dimension mean anything.</param>
    /// <param name="standardizedOffset">Added to a log-likelihood gives it in standardised units; NaN when there are none.</param>
    public TrainDisplay(TextWriter writer, bool terminal, bool quiet, bool image, double standardizedOffset)
    {
        (_writer, _quiet, _image, _standardizedOffset) = (writer, quiet, image, standardizedOffset);
        if (terminal && !quiet) _console = Terminal.Console(writer);
    }

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

    public void Line(string text)
    {
        if (_quiet) return;
        Print(text, null);
    }

    public void Warn(string text) => Print("warning: " + text, "yellow");

    /// <summary>After every step; cheap.</summary>
    public void Step(in StepReport step, long totalSteps, int batch, int epoch, int epochs)
    {
        if (_firstStep < 0) _firstStep = step.Step;
        if (_bar is null || (_sinceRefresh.ElapsedMilliseconds < 100 && step.Step + 1 < totalSteps)) return;
        _sinceRefresh.Restart();
        double seconds = _clock.Elapsed.TotalSeconds;
        long done = step.Step + 1 - _firstStep;
        _bar.Value = (step.Step + 1) / (double)totalSteps;
        _bar.Description = $"epoch {epoch}/{epochs}  {Label(step.Value)} {Number(step.Objective, "F2")}  {Rate(done * batch / seconds)} samples/s  left {Left(seconds, done, totalSteps - step.Step - 1)}".EscapeMarkup();
    }

    /// <summary>One row of the table.</summary>
    public void Epoch(EpochReport report, IReadOnlyList<LearnedInverseReport> inverses, long totalSteps, int batch, int epochs, bool print)
    {
        if (!print || _quiet) return;
        bool learned = !double.IsNaN(report.ReconstructionError), standardized = !double.IsNaN(_standardizedOffset);
        if (!_headed)
        {
            _headed = true;
            Print(Objective(report.Value), "grey");
            Print("valid. NLL: exact, in nats, on the validation rows; * is the best so far, which is what model.safetensors gets", "grey");
            string units = standardized ? $" {"NLL orig.",11} {"NLL stand.",11}" : $" {"valid. NLL",11}";
            Print($"{"epoch",9} {"step",8} {Label(report.Value),16}{(learned ? $" {"|RWx-x|^2",10} {"cosine",10} {"cond(W)",8}" : "")}{units}{(_image ? $" {"bits/dim",9}" : "")}   {"rate",8} {"samples/s",10} {"left",7}", "bold");
        }

        double seconds = _clock.Elapsed.TotalSeconds;
        long done = report.Step - Math.Max(0, _firstStep);
        double speed = (done - _rowSteps) * batch / Math.Max(1e-9, seconds - _rowSeconds);
        (_rowSteps, _rowSeconds) = (done, seconds);
        string row = $"{$"{report.Epoch}/{epochs}",9} {report.Step,8} {Number(report.Objective, "F3"),16}";
        if (learned)
            row += $" {Number(report.ReconstructionError, "G4"),10} {(inverses.Count > 0 ? Number(inverses.Min(i => i.Cosine), "F6") : ""),10} {(inverses.Any(i => !double.IsNaN(i.Condition)) ? Number(inverses.Max(i => i.Condition), "G3") : ""),8}";
        row += $" {(report.Validation is { } v ? Number(-v.Nats, "F3") : ""),11}";
        if (standardized) row += $" {(report.Validation is { } s ? Number(-(s.Nats + _standardizedOffset), "F3") : ""),11}";
        if (_image) row += $" {(report.Validation is { } b ? Number(b.BitsPerDim, "F4") : ""),9}";
        row += $" {(report.IsBest ? "*" : " ")} {Number(report.LearningRate, "G3"),8} {Rate(speed),10} {Left(seconds, done, totalSteps - report.Step),7}";
        Print(row, report.IsBest ? "green" : null);
    }

    private void Print(string text, string? colour)
    {
        if (_console is null) _writer.WriteLine(text);
        else _console.MarkupLine(colour is null ? text.EscapeMarkup() : $"[{colour}]{text.EscapeMarkup()}[/]");
        _writer.Flush();
    }

    private static string Label(ValueKind kind) => kind == ValueKind.Exact ? "train NLL [exact]" : $"objective [{Kind(kind)}]";

    private static string Objective(ValueKind kind) => kind switch
    {
        ValueKind.Exact => "train NLL [exact]: the objective is the exact negative log-likelihood in nats",
        ValueKind.None => "objective [none]: only gradients of the log-determinant flow in training, so it is no likelihood",
        _ => $"objective [{Kind(kind)}]: its log-determinant is {Kind(kind)}, so it is no exact likelihood",
    };

    public static string Kind(ValueKind kind) => kind.ToString().ToLowerInvariant();

    private static string Left(double seconds, long done, long rest)
    {
        if (done <= 0) return "?";
        var left = TimeSpan.FromSeconds(Math.Min(3.6e6, seconds / done * rest));
        return left.TotalHours >= 1 ? $"{(int)left.TotalHours}:{left.Minutes:00}:{left.Seconds:00}" : $"{left.Minutes}:{left.Seconds:00}";
    }

    private static string Rate(double perSecond) => perSecond.ToString("F0", CultureInfo.InvariantCulture);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
