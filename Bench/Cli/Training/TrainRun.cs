using System.Diagnostics;
using System.Numerics;
using System.Text.Json;
using NativeFlow.Cli.Devices;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>One training run from its description to its files.</summary>
internal sealed class TrainRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    // Steps in which a device runs ahead of the host.
    private const int DeviceReportEvery = 50;

    private readonly RunDescription _run;
    private readonly DataSet _data;
    private readonly RunFolder _folder;
    private readonly TrainDisplay _display;
    private readonly StopSignal _stop;
    private readonly IBackend<T> _backend;
    private readonly Flow<T> _flow;
    private readonly FlowTrainer<T> _trainer;
    private readonly BatchSource<T> _batches;
    private readonly LearnedInverseMonitor<T> _monitor;
    private readonly TrainMonitor<T>? _look;
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _sinceCheckpoint = new();
    private readonly HashSet<int> _warned = [];
    private readonly double _checkpointSeconds;
    private readonly double _secondsBefore;
    private readonly bool _resumed;
    private double _checkpointCost;
    private IReadOnlyList<LearnedInverseReport> _inverses = [];

    /// <summary>Sets everything up; touches no file of the folder except to read the checkpoint that <paramref name="resume"/> asks for.</summary>
    public TrainRun(RunDescription run, DataSet data, RunFolder folder, TrainDisplay display, StopSignal stop, DeviceChoice device, int threads, bool resume, double checkpointSeconds, int monitorEvery = 0, int reportEvery = 0)
    {
        (_run, _data, _folder, _display, _stop, _checkpointSeconds, _secondsBefore, _resumed) = (run, data, folder, display, stop, checkpointSeconds, run.Seconds, resume);
        _backend = device.Make<T>(threads);
        // The checkpoint holds the recipe of the run; a recipe file may have changed since.
        _flow = resume ? ModelFile.Load<T>(folder.Checkpoint, _backend) : ModelFile.FromRecipe<T>(ModelBuilder.Recipe(run, data), _backend);
        if (_flow.Dimension != data.Train.Columns)
            throw new BadInputException($"{run.Model}: the model has {_flow.Dimension} features, but {data.Name} has {data.Train.Columns} columns; change the recipe, or choose columns with --columns.");
        int context = data.Train.Context?.Columns ?? 0;
        if (_flow.ContextWidth != context)
            throw new BadInputException($"{run.Model}: the model takes a context of {_flow.ContextWidth} columns, but {data.Name} has {context}; change the recipe, or choose with --context-columns.");
        if (_flow.EvaluationValue != ValueKind.Exact)
            throw new BadInputException($"{run.Model}: a layer of the model gives a lower bound of the likelihood, and this command reports exact ones; leave the layer out, or train with the library (FlowTrainer, LogProbBound).");
        if (!resume && _flow.Transforms is [HyperbolicChart<T> chart, ..])
            foreach (Table rows in (Table[])[data.Train, data.Validation, data.Test]) RequireInside(data.Name, rows, chart.Rim);
        _batches = new BatchSource<T>(data.Train, run.Batch, run.Seed, dequantize: !_flow.Base.IsDiscrete);
        // The monitor looks where losses are read.
        if (reportEvery == 0) reportEvery = _backend.IsAsynchronous ? (int)BigInteger.GreatestCommonDivisor(DeviceReportEvery, monitorEvery) : 1;
        if (monitorEvery % reportEvery != 0)
            throw new BadInputException($"--monitor {monitorEvery}: the model can be looked at where losses are read, every {reportEvery} steps; give a multiple of that, or another --report-every.");
        _trainer = new FlowTrainer<T>(_flow, RunSettings.Optimizer<T>(run), RunSettings.Options(run, _batches.BatchesPerEpoch) with { ReportEvery = reportEvery });
        if (resume) Checkpoint.Load(_trainer, folder.Checkpoint);
        _monitor = new LearnedInverseMonitor<T>(_flow, data.Train, SeedMix.Of(run.Seed, 4));
        if (monitorEvery > 0) _look = new TrainMonitor<T>(_flow, data.Train, SeedMix.Of(run.Seed, 6), monitorEvery, folder, display, threads);
    }

    public Flow<T> Flow => _flow;

    public FlowTrainer<T> Trainer => _trainer;

    public string BackendName => _backend.Name;

    public IReadOnlyList<LearnedInverseReport> Inverses => _inverses;

    /// <summary>How far the model is from the density that the data were drawn from, on the test rows; null where that is not known, and before the end.</summary>
    public DivergenceEstimate? Excess { get; private set; }

    /// <summary>The last look of <c>--monitor</c>; null without.</summary>
    public FlowMonitorReport? LastLook => _look?.Last;

    public double Seconds => _secondsBefore + _clock.Elapsed.TotalSeconds;

    private long TotalSteps => (long)_run.Epochs * _batches.BatchesPerEpoch;

    /// <summary>Trains to the end. False when stopped by a signal; the checkpoint then holds all that was done.</summary>
    public bool Train()
    {
        if (_resumed) _folder.Continue(_trainer.State.Epoch, _trainer.State.Step);
        else _folder.Begin();
        _clock.Start();
        if (_resumed) _sinceCheckpoint.Restart();
        else Save();
        while (_trainer.State.Epoch < _run.Epochs)
        {
            EpochReport? report = RunEpoch();
            if (report is null || (_stop.IsRequested && report.Epoch < _run.Epochs))
            {
                if (report is not null) Record(report);
                Save();
                return false;
            }

            Record(report);
            if (report.Epoch == _run.Epochs || _sinceCheckpoint.Elapsed.TotalSeconds > Math.Max(Math.Min(0.5, _checkpointSeconds), 20 * _checkpointCost)) Save();
        }

        return true;
    }

    // Before anything is written: the layer itself would refuse in the middle of the run.
    private static void RequireInside(string name, Table rows, double rim)
    {
        var point = new double[rows.Columns];
        for (int r = 0; r < rows.Rows; r++)
        {
            rows.CopyRow(r, point);
            double length = Math.Sqrt(point.Sum(v => v * v));
            if (!(length < rim)) throw new BadInputException(FormattableString.Invariant($"{name}: the point ({string.Join(", ", point.Take(4).Select(v => v.ToString("G6", System.Globalization.CultureInfo.InvariantCulture)))}{(point.Length > 4 ? ", ..." : "")}) lies at {length:G6} from the centre of the Poincare disk of radius {rim}; expected inside, |p| < R; check the coordinates and the radius of hyperbolic-chart."));
        }
    }

    /// <summary>Puts the best model in place and measures it: exact, on the test rows, with the fixed draws.</summary>
    public LikelihoodEvaluation Finish()
    {
        _clock.Start();
        _trainer.State.RestoreBest();
        if (_monitor.HasLayers) _inverses = _monitor.Measure();
        double[] rows = LikelihoodEvaluation.PerRow(_flow, _data.Test, Presets.TestDraws, Presets.EvaluationKey, _stop.Token);
        var test = LikelihoodEvaluation.Of(rows, _data.Test, Presets.TestDraws);
        if (!double.IsFinite(test.Nats)) throw new NonFiniteException($"The test log-likelihood is {test.Nats}; the checkpoint is kept in {_folder.FullName}.");
        if (_data.Toy is { } toy) Excess = DivergenceEstimate.Of(toy, _data.Test, rows);
        _flow.Save(_folder.Model);
        if (_data.Train.Width is { } width && _data.Levels > 0 && _flow.ContextWidth == 0)
        {
            int count = Presets.SampleCount;
            T[] samples = Sampling.Draw(_flow, count, SeedMix.Of(_run.Seed, 5), InverseKind.Exact);
            Sampling.WriteGrid(_folder.Samples, samples, count, _data.Train.Height!.Value, width, _data.Train.Channels, 0, _data.Levels);
        }

        _clock.Stop();
        return test;
    }

    public void Dispose()
    {
        _look?.Dispose();
        _monitor.Dispose();
        _trainer.Dispose();
        _flow.Dispose();
        _backend.Dispose();
    }

    private EpochReport? RunEpoch()
    {
        try
        {
            return _trainer.RunEpoch(_batches, _data.Validation, OnStep);
        }
        catch (ArithmeticException e) when (e is NonFiniteException or SingularMatrixException or NotContractionException or NotConvergedException)
        {
            // Recording names the layer; an inverse that does not exist is found while its layer is being recorded.
            string where = e is SingularMatrixException ? $"Step {_trainer.State.Step}, layer {_trainer.Tape.Scope.TrimEnd('.')}: " : "";
            throw new NonFiniteException($"{where}{e.Message} The last good checkpoint is kept: {_folder.Checkpoint}.");
        }
    }

    private bool OnStep(StepReport report)
    {
        _display.Step(report, TotalSteps, _run.Batch, (int)_trainer.State.Epoch + 1, _run.Epochs);
        // Before a checkpoint can speak of the step.
        _look?.After(report.Step + 1);
        if (_sinceCheckpoint.Elapsed.TotalSeconds >= _checkpointSeconds) Save();
        return !_stop.IsRequested;
    }

    private void Record(EpochReport report)
    {
        bool print = report.Epoch == 1 || report.Epoch == _run.Epochs || report.Epoch % Math.Max(1, (_run.Epochs + 19) / 20) == 0;
        // Decided by the epoch alone, so that a resumed run writes the same history.
        bool measure = _monitor.HasLayers && (print || report.Epoch % Presets.MonitorEvery(_run.Epochs) == 0);
        _inverses = measure ? _monitor.Measure() : [];
        _folder.Append(HistoryLine.Of(report, _inverses, Seconds));
        _display.Epoch(report, _inverses, TotalSteps, _run.Batch, _run.Epochs, print);
        foreach (LearnedInverseReport inverse in _inverses)
            if (inverse.IsBelowThreshold && _warned.Add(inverse.Layer))
                _display.Warn($"{inverse.Name}: lambda {inverse.Weight:G4} is not above the stability threshold 1/(8 s2min) = {inverse.Threshold:G4} (s2min {inverse.SmallestVariance:G4}); the published update can settle at a wrong solution. Raise --lambda, or use --strategy snf-reconstruction.");
    }

    private void Save()
    {
        long start = Stopwatch.GetTimestamp();
        _run.Seconds = Seconds;
        Checkpoint.Save(_trainer, _folder.Checkpoint, _run.ToJson());
        _checkpointCost = Stopwatch.GetElapsedTime(start).TotalSeconds;
        _sinceCheckpoint.Restart();
    }
}
