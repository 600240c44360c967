using System.Diagnostics;
using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary>One training run of a graph autoencoder from its description to its files.</summary>
internal sealed class GraphRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly RunDescription _run;
    private readonly RunFolder _folder;
    private readonly RunDisplay _display;
    private readonly StopSignal _stop;
    private readonly IBackend<T> _backend;
    private readonly StringBuilder _history = new();
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _sinceCheckpoint = new();
    private readonly double _checkpointSeconds, _secondsBefore;
    private readonly bool _resumed;
    private double _checkpointCost;

    /// <summary>Sets everything up; touches no file of the folder except to read the checkpoint that <paramref name="resume"/> asks for.</summary>
    public GraphRun(RunDescription run, GraphData data, RunFolder folder, RunDisplay display, StopSignal stop, DeviceChoice device, int threads, bool resume, double checkpointSeconds)
    {
        (_run, _folder, _display, _stop, _checkpointSeconds, _secondsBefore, _resumed) = (run, folder, display, stop, checkpointSeconds, run.Seconds, resume);
        Split = LinkSplit.Of(data.Graph, run.Seed);
        _backend = device.Make<T>(threads);
        Model = new GraphAutoencoder<T>(GraphSettings.ModelOptions(run), Split.Train, data.Features, _backend);
        Trainer = new GraphTrainer<T>(Model, Split, GraphSettings.TrainerOptions(run));
        if (resume) Checkpoint.Load(Trainer, folder.Checkpoint);
    }

    public LinkSplit Split { get; }

    public GraphAutoencoder<T> Model { get; }

    public GraphTrainer<T> Trainer { get; }

    public string BackendName => _backend.Name;

    public double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    /// <summary>Trains to the end. False when stopped by a signal; the checkpoint then holds all that was done.</summary>
    public bool Train()
    {
        TrainerState<T> state = Trainer.State;
        if (_resumed) _folder.Continue(state.Epoch, state.Step);
        else _folder.Begin();
        _clock.Start();
        if (_resumed) _sinceCheckpoint.Restart();
        else Save();
        long first = state.Epoch;
        while (state.Epoch < _run.Epochs)
        {
            GraphEpoch epoch = Step();
            LinkMetrics? validation = null;
            bool best = false;
            if (epoch.Epoch % Trainer.Options.EvaluateEvery == 0 || epoch.Epoch == _run.Epochs) validation = Trainer.Validate(out best);
            _history.Append(_history.Length > 0 ? "\n" : "").Append(Line(epoch, validation, best));
            Show(epoch, validation, first);
            bool stopped = _stop.IsRequested && epoch.Epoch < _run.Epochs;
            if (stopped || epoch.Epoch == _run.Epochs || _sinceCheckpoint.Elapsed.TotalSeconds > Math.Max(Math.Min(0.5, _checkpointSeconds), 20 * _checkpointCost)) Save();
            if (stopped) return false;
        }

        _clock.Stop();
        return true;
    }

    /// <summary>Measures the model of the last epoch, then that of the best validation, which is written and stays in place.</summary>
    public (GraphResult Best, GraphResult Last) Finish()
    {
        GraphResult last = Measure(Trainer.State.Epoch);
        Trainer.State.RestoreBest();
        GraphResult best = Measure(Trainer.State.BestEpoch);
        GraphModelFile.Save(Model, _folder.Model);
        return (best, last);
    }

    public void Dispose()
    {
        Trainer.Dispose();
        Model.Dispose();
        _backend.Dispose();
    }

    private GraphResult Measure(long epoch) => new(epoch, Trainer.Validate(out _), Trainer.Test());

    private GraphEpoch Step()
    {
        try
        {
            return Trainer.Step();
        }
        catch (NonFiniteException e)
        {
            throw new NonFiniteException($"{e.Message} The last good checkpoint is kept: {_folder.Checkpoint}.");
        }
    }

    private static string Line(in GraphEpoch epoch, LinkMetrics? validation, bool best)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", epoch.Epoch);
            json.WriteNumber("loss", epoch.Loss);
            json.WriteNumber("edges", epoch.Edges);
            json.WriteNumber("non_edges", epoch.NonEdges);
            json.WriteNumber("divergence_one_draw", epoch.Divergence);
            if (validation is { } v) GraphResult.Write(json, "validation", v, best);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private void Show(in GraphEpoch epoch, LinkMetrics? validation, long first)
    {
        if (epoch.Epoch == first + 1) _display.Line($"{"epoch",11} {"loss",9} {"edges",9} {"others",9} {"KL a node",9} {"valid. AUC",10} {"AP",7}", "bold");
        double left = _run.Epochs - epoch.Epoch;
        if (_display.WantsBar(left == 0))
            _display.Bar(epoch.Epoch / (double)_run.Epochs, $"epoch {epoch.Epoch}/{_run.Epochs}  loss {RunDisplay.Number(epoch.Loss, "F4")}  left {RunDisplay.Left(_clock.Elapsed.TotalSeconds, epoch.Epoch - first, left)}");
        int every = Math.Max(1, (_run.Epochs + 19) / 20);
        every = (every + Trainer.Options.EvaluateEvery - 1) / Trainer.Options.EvaluateEvery * Trainer.Options.EvaluateEvery;
        if (validation is { } v && (epoch.Epoch % every == 0 || left == 0))
            _display.Line(FormattableString.Invariant($"{$"{epoch.Epoch}/{_run.Epochs}",11} {epoch.Loss,9:F4} {epoch.Edges,9:F4} {epoch.NonEdges,9:F4} {epoch.Divergence,9:F3} {v.Auc,10:F4} {v.AveragePrecision,7:F4}"));
    }

    private void Save()
    {
        long start = Stopwatch.GetTimestamp();
        _run.Seconds = Seconds;
        if (_history.Length > 0) _folder.Append(_history.ToString());
        _history.Clear();
        Checkpoint.Save(Trainer, _folder.Checkpoint, _run.ToJson());
        _checkpointCost = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _sinceCheckpoint.Restart();
    }
}
