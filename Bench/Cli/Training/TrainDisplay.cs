using System.Diagnostics;
using System.Globalization;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>What a run shows: rows of a table, and on a terminal a progress bar below them.</summary>
internal sealed class TrainDisplay
{
    private readonly RunDisplay _display;
    private readonly bool _quiet;
    private readonly bool _image;
    private readonly double _standardizedOffset;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
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
        (_display, _quiet, _image, _standardizedOffset) = (new RunDisplay(writer, terminal, quiet), quiet, image, standardizedOffset);
    }

    /// <summary>Runs the body under the progress bar, if there is one.</summary>
    public void Run(Action body) => _display.Run(body);

    public void Line(string text) => _display.Line(text);

    public void Warn(string text) => _display.Warn(text);

    /// <summary>After every step; cheap.</summary>
    public void Step(in StepReport step, long totalSteps, int batch, int epoch, int epochs)
    {
        if (_firstStep < 0) _firstStep = step.Step;
        if (!_display.WantsBar(step.Step + 1 >= totalSteps)) return;
        double seconds = _clock.Elapsed.TotalSeconds;
        long done = step.Step + 1 - _firstStep;
        _display.Bar((step.Step + 1) / (double)totalSteps, $"epoch {epoch}/{epochs}  {Label(step.Value)} {RunDisplay.Number(step.Objective, "F2")}  {Rate(done * batch / seconds)} samples/s  left {RunDisplay.Left(seconds, done, totalSteps - step.Step - 1)}");
    }

    /// <summary>One row of the table.</summary>
    public void Epoch(EpochReport report, IReadOnlyList<LearnedInverseReport> inverses, long totalSteps, int batch, int epochs, bool print)
    {
        if (!print || _quiet) return;
        bool learned = !double.IsNaN(report.ReconstructionError), standardized = !double.IsNaN(_standardizedOffset);
        if (!_headed)
        {
            _headed = true;
            _display.Line(Objective(report.Value), "grey");
            _display.Line("valid. NLL: exact, in nats, on the validation rows; * is the best so far, which is what model.safetensors gets", "grey");
            string units = standardized ? $" {"NLL orig.",11} {"NLL stand.",11}" : $" {"valid. NLL",11}";
            _display.Line($"{"epoch",9} {"step",8} {Label(report.Value),16}{(learned ? $" {"|RWx-x|^2",10} {"cosine",10} {"cond(W)",8}" : "")}{units}{(_image ? $" {"bits/dim",9}" : "")}   {"rate",8} {"samples/s",10} {"left",7}", "bold");
        }

        double seconds = _clock.Elapsed.TotalSeconds;
        long done = report.Step - Math.Max(0, _firstStep);
        double speed = (done - _rowSteps) * batch / Math.Max(1e-9, seconds - _rowSeconds);
        (_rowSteps, _rowSeconds) = (done, seconds);
        string row = $"{$"{report.Epoch}/{epochs}",9} {report.Step,8} {RunDisplay.Number(report.Objective, "F3"),16}";
        if (learned)
            row += $" {RunDisplay.Number(report.ReconstructionError, "G4"),10} {(inverses.Count > 0 ? RunDisplay.Number(inverses.Min(i => i.Cosine), "F6") : ""),10} {(inverses.Any(i => !double.IsNaN(i.Condition)) ? RunDisplay.Number(inverses.Max(i => i.Condition), "G3") : ""),8}";
        row += $" {(report.Validation is { } v ? RunDisplay.Number(-v.Nats, "F3") : ""),11}";
        if (standardized) row += $" {(report.Validation is { } s ? RunDisplay.Number(-(s.Nats + _standardizedOffset), "F3") : ""),11}";
        if (_image) row += $" {(report.Validation is { } b ? RunDisplay.Number(b.BitsPerDim, "F4") : ""),9}";
        row += $" {(report.IsBest ? "*" : " ")} {RunDisplay.Number(report.LearningRate, "G3"),8} {Rate(speed),10} {RunDisplay.Left(seconds, done, totalSteps - report.Step),7}";
        _display.Line(row, report.IsBest ? "green" : null);
    }

    private static string Label(ValueKind kind) => kind == ValueKind.Exact ? "train NLL [exact]" : $"objective [{Kind(kind)}]";

    private static string Objective(ValueKind kind) => kind switch
    {
        ValueKind.Exact => "train NLL [exact]: the objective is the exact negative log-likelihood in nats",
        ValueKind.None => "objective [none]: only gradients of the log-determinant flow in training, so it is no likelihood",
        _ => $"objective [{Kind(kind)}]: its log-determinant is {Kind(kind)}, so it is no exact likelihood",
    };

    public static string Kind(ValueKind kind) => kind.ToString().ToLowerInvariant();

    private static string Rate(double perSecond) => perSecond.ToString("F0", CultureInfo.InvariantCulture);
}
