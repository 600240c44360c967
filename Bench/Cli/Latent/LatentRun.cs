using System.Diagnostics;
using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>One training run of a latent-variable model from its description to its files.</summary>
internal sealed class LatentRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RunDescription _run;
    private readonly DataSet _data;
    private readonly Table _validation;
    private readonly RunFolder _folder;
    private readonly LatentHistory _history;
    private readonly LatentDisplay _display;
    private readonly StopSignal _stop;
    private readonly IBackend<T> _backend;
    private readonly BatchSource<T> _batches;
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _sinceCheckpoint = new();
    private readonly double _checkpointSeconds, _secondsBefore;
    private readonly bool _resumed;
    private double _checkpointCost;

    /// <summary>Sets everything up; touches no file of the folder except to read the checkpoint that <paramref name="resume"/> asks for.</summary>
    public LatentRun(RunDescription run, DataSet data, RunFolder folder, RunDisplay display, StopSignal stop, DeviceChoice device, int threads, bool resume, double checkpointSeconds)
    {
        (_run, _data, _folder, _stop, _checkpointSeconds, _secondsBefore, _resumed) = (run, data, folder, stop, checkpointSeconds, run.Seconds, resume);
        _history = new LatentHistory(folder);
        LatentTrainerOptions options = LatentSettings.TrainerOptions(run, LatentSettings.Steps(run, data));
        LatentModelOptions recipe = LatentSettings.ModelOptions(run, data.Train.Columns);
        _validation = LatentSettings.Tested(data.Validation, recipe.Likelihood);
        _backend = device.Make<T>(threads);
        Model = LatentModels.Create(recipe, _backend);
        Trainer = new LatentTrainer<T>(Model, RunSettings.Optimizer<T>(run), options, LatentSettings.IsCompatible(run) ? new Bose2020Estimator<T>() : null);
        _batches = Trainer.Batches(data.Train);
        if (resume) Checkpoint.Load(Trainer, folder.Checkpoint);
        _display = new LatentDisplay(display, run.Epochs, _batches.BatchesPerEpoch, recipe.IsHyperbolic, LatentSettings.IsCompatible(run));
    }

    public LatentModel<T> Model { get; }

    public LatentTrainer<T> Trainer { get; }

    public string BackendName => _backend.Name;

    /// <summary>Seconds of training, over all resumptions, without the final measurement.</summary>
    public double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Trains to the end. False when stopped by a signal; the checkpoint then holds all that was done.</summary>
    public bool Train()
    {
        if (_resumed) _folder.Continue(Trainer.State.Epoch, Trainer.State.Step);
        else _folder.Begin();
        _clock.Start();
        if (_resumed) _sinceCheckpoint.Restart();
        else Save();
        while (Trainer.State.Epoch < _run.Epochs)
        {
            LatentEpochReport? report = RunEpoch();
            if (report is not null)
            {
                _history.Add(report, Seconds);
                _display.Epoch(report);
            }

            bool stopped = report is null || (_stop.IsRequested && report.Epoch < _run.Epochs);
            if (stopped || report!.Epoch == _run.Epochs || _sinceCheckpoint.Elapsed.TotalSeconds > Math.Max(Math.Min(0.5, _checkpointSeconds), 20 * _checkpointCost)) Save();
            if (stopped) return false;
        }

        _clock.Stop();
        return true;
    }

    /// <summary>Measures the model of the last epoch on the test rows and writes it.</summary>
    /// <exception cref="OperationCanceledException">Stopped; the checkpoint stands at the end of training.</exception>
    public LatentResult Finish()
    {
        LatentResult result = LatentResult.Of(Model, _data.Test, LatentSettings.Samples(_run), LatentSettings.IsCompatible(_run), Moved, _stop.Token);
        Model.Save(_folder.Model);
        if (_data.Train is { Width: { } width, Height: { } height } && Model.Options.Likelihood == DecoderLikelihoodKind.Bernoulli)
        {
            int count = Presets.SampleCount;
            Sampling.WriteGrid(_folder.Samples, LatentEvaluation.Sample(Model, count, SeedMix.Of(_run.Seed, 5)), count, height, width, _data.Train.Channels, 0, 1);
        }

        return result;
    }

    public void Dispose()
    {
        Trainer.Dispose();
        Model.Dispose();
        _backend.Dispose();
    }

    private LatentEpochReport? RunEpoch()
    {
        try
        {
            return Trainer.RunEpoch(_batches, _validation, OnStep);
        }
        catch (NonFiniteException e)
        {
            throw new NonFiniteException($"{e.Message} The last good checkpoint is kept: {_folder.Checkpoint}.");
        }
    }

    private bool OnStep(LatentStepReport report)
    {
        _display.Step(report, Trainer.State.Epoch);
        if (_sinceCheckpoint.Elapsed.TotalSeconds >= _checkpointSeconds) Save();
        return !_stop.IsRequested;
    }

    private void Moved(double part)
    {
        if (_display.Lines.WantsBar(part >= 1)) _display.Lines.Bar(part, $"measuring on the test rows, K = {LatentSettings.Samples(_run)}");
    }

    private void Save()
    {
        long start = Stopwatch.GetTimestamp();
        _run.Seconds = Seconds;
        _history.Flush();
        Checkpoint.Save(Trainer, _folder.Checkpoint, _run.ToJson());
        _checkpointCost = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _sinceCheckpoint.Restart();
    }
}
