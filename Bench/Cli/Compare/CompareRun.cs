using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>One strategy in training: its model, its clock, and what was seen on the way. It goes on in slices, so that several can take turns.</summary>
internal sealed class CompareRun<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Steps whose time and allocation do not count.</summary>
    private const int ColdSteps = 10;

    private readonly CompareSettings _settings;
    private readonly CompareCell _cell;
    private readonly StrategyArm _arm;
    private readonly ulong _seed;
    private readonly IBackend<T> _backend;
    private readonly Flow<T> _flow;
    private readonly FlowTrainer<T> _trainer;
    private readonly BatchSource<T> _batches;
    private readonly GradientProbe<T> _probe;
    private readonly StepMeter _meter;
    private readonly T[] _batch;
    private readonly List<ComparePoint> _curve = [];
    private readonly double _rate;
    private int _nextPoint;
    private double _reconstruction = double.NaN;
    private string? _failure;

    /// <summary>Makes the run at its first step.</summary>
    public CompareRun(CompareSettings settings, CompareCell cell, StrategyArm arm, ulong seed, IBackend<T> backend, int threads)
    {
        (_settings, _cell, _arm, _seed, _backend) = (settings, cell, arm, seed, backend);
        _flow = cell.Build(arm, seed, backend);
        _rate = arm.Rate(cell.Dimension);
        _trainer = Trainer(_flow);
        _batches = Batches();
        _probe = new GradientProbe<T>(_flow, cell.Validation, settings.Batch, SeedMix.Of(seed, 6));
        _meter = new StepMeter(threads, ColdSteps, StepFlops.Cycle(_flow));
        _batch = new T[settings.Batch * cell.Dimension];
    }

    public StrategyArm Arm => _arm;

    /// <summary>Seconds of training so far.</summary>
    public double Seconds { get; private set; }

    public long Steps => _trainer.State.Step;

    /// <summary>The measurements, once the run has ended.</summary>
    public CompareRecord? Record { get; private set; }

    /// <summary>How much of the budget is spent, 0 to 1.</summary>
    public double Fraction => Record is not null ? 1 : _settings.Steps is { } n ? Steps / (double)n : Math.Min(1, Seconds / _settings.Seconds!.Value);

    /// <summary>The last look's exact validation NLL; NaN before the first.</summary>
    public double LastNll => _curve.Count > 0 ? _curve[^1].Nll : double.NaN;

    private double Clock => _settings.ByProcessorTime ? BenchClock.Thread : BenchClock.Wall;

    private string Description => FormattableString.Invariant($"{_cell.Name}, seed {_seed}, {_arm.Label}");

    /// <summary>
    /// Makes a few steps with a model that is then thrown away: what a program does once (compiling, first use of memory) is no cost of the strategy's, and must
    /// not be taken from a budget of seconds.
    /// </summary>
    public void WarmUp()
    {
        using Flow<T> flow = _cell.Build(_arm, _seed, _backend);
        using FlowTrainer<T> trainer = Trainer(flow);
        BatchSource<T> batches = Batches();
        for (int i = 0; i < 2; i++)
        {
            batches.Fill(0, 0, _batch);
            if (i == 0) flow.Initialize(_batch);
            try
            {
                trainer.Step(_batch, default, 0);
            }
            catch (ArithmeticException)
            {
                // The run itself will meet the same and report it.
                return;
            }
        }
    }

    /// <summary>Trains for about so many seconds of training, to the end of the budget, or until cancelled; at its end the model is tested.</summary>
    /// <exception cref="OperationCanceledException">Cancelled during an evaluation; the run stands where it was before it.</exception>
    public void Slice(double seconds, CancellationToken cancel)
    {
        double end = Seconds + seconds;
        try
        {
            while (Record is null && !cancel.IsCancellationRequested && Seconds < end)
            {
                if (Fraction >= _settings.PointAt(_nextPoint)) Look(cancel);
                if (Fraction >= 1) Finish();
                else Step();
            }
        }
        catch (Exception e) when (e is NonFiniteException or SingularMatrixException or NotConvergedException)
        {
            _failure = e.Message;
            Record = Measured();
        }
    }

    /// <summary>Writes all that the run needs to go on; where a parameter is no longer finite, which the next step's loss will tell, the last checkpoint stays.</summary>
    public void Save(string path)
    {
        var progress = new CompareProgress { Run = Description, Seconds = Seconds, NextPoint = _nextPoint, Reconstruction = _reconstruction, ValidationNll = -_trainer.State.BestScore, Curve = _curve };
        try
        {
            Checkpoint.Save(_trainer, path, JsonSerializer.Serialize(progress, CompareJson.Default.CompareProgress));
        }
        catch (NonFiniteException)
        {
            // When a run ends must not depend on when it is saved.
        }
    }

    /// <summary>Goes on from a checkpoint.</summary>
    /// <exception cref="BadInputException">It is damaged or of another run.</exception>
    public void Load(string path)
    {
        Checkpoint.Load(_trainer, path);
        CompareProgress? progress = null;
        try
        {
            progress = JsonSerializer.Deserialize(Checkpoint.RunOf(path), CompareJson.Default.CompareProgress);
        }
        catch (JsonException)
        {
            // Refused below.
        }

        if (progress is null || progress.Run != Description) throw new BadInputException($"{path}: is no checkpoint of {Description}; delete the file, and the run is made again.");
        (Seconds, _nextPoint, _reconstruction) = (progress.Seconds, progress.NextPoint, progress.Reconstruction);
        _curve.AddRange(progress.Curve);
    }

    public void Dispose()
    {
        _trainer.Dispose();
        _flow.Dispose();
    }

    private void Step()
    {
        double start = Clock;
        long step = Steps;
        _batches.Fill(step / _batches.BatchesPerEpoch, (int)(step % _batches.BatchesPerEpoch), _batch);
        if (step == 0) _flow.Initialize(_batch);
        // The middle of the step, so that the first one moves and the last one does.
        double fraction = _settings.Steps is { } n ? (step + 0.5) / n : (Seconds + (0.5 * Seconds / Math.Max(1, step))) / _settings.Seconds!.Value;
        _meter.Begin();
        StepReport report;
        try
        {
            report = _trainer.Step(_batch, default, _rate * _settings.RateAt(fraction));
        }
        catch (SingularMatrixException e)
        {
            // An inverse that does not exist is found while its layer is being recorded.
            throw new NonFiniteException($"Step {step}, layer {_trainer.Tape.Scope.TrimEnd('.')}: {e.Message}");
        }

        _meter.End();
        _reconstruction = report.ReconstructionError;
        Seconds += Clock - start;
    }

    private void Look(CancellationToken cancel)
    {
        if (Steps == 0)
        {
            _batches.Fill(0, 0, _batch);
            _flow.Initialize(_batch);
        }

        double nats = LikelihoodEvaluation.Run(_flow, _cell.Validation, 1, SeedMix.Of(_seed, 3), cancel).Nats;
        if (!double.IsFinite(nats)) throw new NonFiniteException($"After step {Steps}: the validation log-likelihood is {nats}; training has diverged. Lower the learning rate.");
        double cosine = _probe.Cosine(Steps);
        _curve.Add(new ComparePoint(Steps, Seconds, -nats, cosine));
        _trainer.State.Offer(nats);
        while (_nextPoint <= _settings.Points && Fraction >= _settings.PointAt(_nextPoint)) _nextPoint++;
    }

    private void Finish()
    {
        (double? bias, double? variance) = _probe.Value(Steps);
        CompareRecord measured = Measured();
        // From here on the model is the best one: what follows is not interrupted, or it would be saved as the last.
        _trainer.State.RestoreBest();
        LikelihoodEvaluation test = LikelihoodEvaluation.Run(_flow, _cell.Data.Set.Test, Presets.TestDraws, Presets.EvaluationKey);
        if (!double.IsFinite(test.Nats)) throw new NonFiniteException($"The test log-likelihood is {test.Nats}; the best model by validation does not hold on the test rows.");
        Record = measured with { TestNll = -test.Nats, TestNllError = test.StandardError, Bias = bias, Variance = variance };
    }

    private CompareRecord Measured()
    {
        Spread? time = _meter.Milliseconds;
        return new CompareRecord
        {
            Strategy = _arm.Label,
            Data = _cell.Data.Label,
            Dimension = _cell.Dimension,
            Seed = _seed,
            Batch = _settings.Batch,
            Training = _arm.Describe(_cell.Dimension),
            Steps = Steps,
            Seconds = Seconds,
            StepMilliseconds = time?.Median,
            StepMillisecondsLow = time?.Low,
            StepMillisecondsHigh = time?.High,
            StepFlops = StepFlops.Of(_flow, _settings.Batch),
            StepBytes = StepFlops.Bytes(_flow, _settings.Batch),
            AllocatedBytes = _meter.AllocatedBytes,
            PeakBytes = StepMeter.PeakBytes(_trainer),
            ValidationNll = double.IsFinite(_trainer.State.BestScore) ? -_trainer.State.BestScore : null,
            Curve = [.. _curve],
            Reconstruction = double.IsNaN(_reconstruction) ? null : _reconstruction,
            Divergences = _failure is null ? 0 : 1,
            Failure = _failure,
        };
    }

    private BatchSource<T> Batches() => new(_cell.Data.Set.Train, _settings.Batch, _seed, dequantize: !_flow.Base.IsDiscrete);

    private FlowTrainer<T> Trainer(Flow<T> flow) => new(flow, _arm.Optimizer<T>(), new TrainerOptions { BatchSize = _settings.Batch, Seed = _seed, ClipNorm = _arm.Clip });
}
