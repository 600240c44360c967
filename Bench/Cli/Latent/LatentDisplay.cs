using System.Diagnostics;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>What the training of a latent-variable model shows.</summary>
/// <param name="display">Where to.</param>
/// <param name="epochs">Epochs of the run.</param>
/// <param name="stepsPerEpoch">Steps of an epoch.</param>
/// <param name="hyperbolic">Whether there is a radius.</param>
/// <param name="compatible">Whether the objective is the authors'.</param>
internal sealed class LatentDisplay(RunDisplay display, int epochs, int stepsPerEpoch, bool hyperbolic, bool compatible)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _firstStep = -1;
    private bool _headed;

    public RunDisplay Lines => display;

    private long Steps => (long)epochs * stepsPerEpoch;

    /// <summary>After every step; cheap.</summary>
    public void Step(in LatentStepReport step, long epoch)
    {
        if (_firstStep < 0) _firstStep = step.Step;
        if (!display.WantsBar(step.Step + 1 >= Steps)) return;
        long done = step.Step + 1 - _firstStep;
        double seconds = _clock.Elapsed.TotalSeconds;
        display.Bar((step.Step + 1) / (double)Steps, $"epoch {epoch + 1}/{epochs}  objective {RunDisplay.Number(step.Objective, "F2")}{(hyperbolic ? $"  R {RunDisplay.Number(step.Radius, "F3")}" : "")}  {RunDisplay.Number(done / seconds, "F0")} steps/s  left {RunDisplay.Left(seconds, done, Steps - step.Step - 1)}");
    }

    /// <summary>After every epoch; prints some twenty rows in all.</summary>
    public void Epoch(LatentEpochReport report)
    {
        bool print = report.Epoch == 1 || report.Epoch == epochs || report.Epoch % Math.Max(1, (epochs + 19) / 20) == 0;
        if (!print || display.IsQuiet) return;
        if (!_headed)
        {
            _headed = true;
            display.Line(compatible
                ? "objective: the authors' (bose2020), no bound; valid. ELBO: the true one, a lower bound of log p(x), in nats"
                : "objective: beta divergence - log p(x|w), one draw; valid. ELBO: lower bound of log p(x) in nats, on the validation rows. model.safetensors gets the last epoch", "grey");
            display.Line($"{"epoch",9} {"step",8} {"objective",11} {"-log p(x|w)",11} {"valid. ELBO",11}{(hyperbolic ? $" {"R",8}" : "")} {"rate",8} {"steps/s",8} {"left",7}", "bold");
        }

        long done = report.Step - Math.Max(0, _firstStep);
        double seconds = _clock.Elapsed.TotalSeconds;
        display.Line($"{$"{report.Epoch}/{epochs}",9} {report.Step,8} {RunDisplay.Number(report.Objective, "F3"),11} {RunDisplay.Number(-report.LogLikelihood, "F3"),11} {(report.Validation is { } v ? RunDisplay.Number(v.Nats, "F3") : ""),11}{(hyperbolic ? $" {RunDisplay.Number(report.Radius, "F4"),8}" : "")} {RunDisplay.Number(report.LearningRate, "G3"),8} {RunDisplay.Number(done / seconds, "F0"),8} {RunDisplay.Left(seconds, done, Steps - report.Step),7}");
    }
}
