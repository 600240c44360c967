using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Trains a latent-variable model by mini-batches: minimises the mean of -log p(x | w) + beta (log q(w | x) - log p(w)) with one draw of w a
/// row. All randomness is a function of (seed, step), all state lies in the model's store: a run resumed from a <see cref="Checkpoint"/>
/// ends with the same bits as one that was never stopped.
/// </summary>
public sealed class LatentTrainer<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly GradientClip<T>? _clip;
    private readonly Tape<T> _tape;
    private readonly TrainerState<T> _state;
    private readonly ILogWeightTerm<T>? _term;
    private readonly ulong _drawKey;
    private T[] _batch = [];

    /// <summary>Creates a trainer for a model that has none yet.</summary>
    /// <param name="model">The model.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="options">How it trains.</param>
    /// <param name="term">Something added to the log weights, to reproduce another objective; null for the evidence lower bound.</param>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public LatentTrainer(LatentModel<T> model, IOptimizer<T> optimizer, LatentTrainerOptions options, ILogWeightTerm<T>? term = null)
    {
        Model = model;
        Optimizer = optimizer;
        Options = options.Checked();
        _term = term;
        _drawKey = SeedMix.Of(options.Seed, 7);
        optimizer.Attach(model.Store);
        optimizer.Prepare(model.Store);
        _state = new TrainerState<T>(model.Store);
        _tape = new Tape<T>(model.Backend, model.Store);
        if (double.IsFinite(options.ClipNorm)) _clip = new GradientClip<T>(model.Store, options.ClipNorm);
    }

    /// <summary>The model being trained.</summary>
    public LatentModel<T> Model { get; }

    /// <summary>Its optimiser.</summary>
    public IOptimizer<T> Optimizer { get; }

    /// <summary>How it trains.</summary>
    public LatentTrainerOptions Options { get; }

    /// <summary>Where training stands.</summary>
    public TrainerState<T> State => _state;

    /// <summary>Bytes that training steps have taken so far; constant after the first step of the largest batch.</summary>
    public long TapeBytes => _tape.AllocatedElements * Unsafe.SizeOf<T>();

    /// <summary>The tape as the last step left it: for finding what went wrong.</summary>
    public Tape<T> Tape => _tape;

    /// <summary>One training step on a batch [rows x data columns], binarised already where the likelihood is Bernoulli. Allocates nothing after the first.</summary>
    /// <exception cref="NonFiniteException">The objective is not finite, or with a clipping norm the gradient is not; parameters are as before the step. Names the part and node.</exception>
    public LatentStepReport Step(ReadOnlySpan<T> batch)
    {
        int rows = batch.Length / Model.DataDimension;
        if (rows == 0 || rows * Model.DataDimension != batch.Length)
            throw new ArgumentException($"LatentTrainer.Step: {batch.Length} numbers are no whole rows of {Model.DataDimension} columns.");
        long step = _state.Step;
        double beta = Options.Beta.At(_state.Epoch), rate = Options.Schedule.At(step);
        if (Model.Space is { } space && Options.Radius.At(_state.Epoch, space.LearnsRadius) is { } prescribed) space.SetRadius(Model.Store, prescribed);

        _tape.Reset();
        Var x = _tape.Input(batch, rows, Model.DataDimension);
        (Var mean, Var rawScale) = Model.Encode(_tape, x);
        LatentTerms terms = Model.Record(_tape, x, mean, rawScale, _drawKey, (ulong)step);
        Var divergence = Options.AnalyticDivergence && Model.Posterior.HasAnalyticDivergence
            ? Model.Posterior.RecordDivergence(_tape, mean, rawScale)
            : terms.Draw.Divergence(_tape);
        Var logLikelihood = _tape.Mean(terms.LogLikelihood), meanDivergence = _tape.Mean(divergence);
        Var loss = _tape.Subtract(_tape.Scale(meanDivergence, beta), logLikelihood);
        if (_term is not null) loss = _tape.Subtract(loss, _tape.Mean(_term.Record(_tape, Model, terms.Draw)));
        double objective = double.CreateTruncating(_tape.Scalar(loss)), radius = Radius();
        if (!double.IsFinite(objective)) throw new NonFiniteException($"Step {step}: the objective is {objective}; first bad value in {_tape.FindNonFinite()?.TrimEnd('.') ?? "the objective itself"}. Lower the learning rate or clip the gradient.");

        _tape.Backward(loss);
        double norm = double.NaN;
        if (_clip is not null)
        {
            norm = _clip.Apply();
            if (!double.IsFinite(norm)) throw new NonFiniteException($"Step {step}: the gradient's norm is {norm}, first in {Model.Store.FirstBadGradient()}. Lower the learning rate or the clipping norm.");
        }
        Optimizer.Step(Model.Store, rate);
        _state.Step = step + 1;
        return new LatentStepReport(step, objective, Value(logLikelihood), Value(meanDivergence), beta, radius, norm, rate);
    }

    /// <summary>Batches of a table as <see cref="RunEpoch"/> takes them.</summary>
    /// <exception cref="BadInputException">The table does not fit the model.</exception>
    public BatchSource<T> Batches(Table train)
    {
        Model.RequireTable(train);
        return new BatchSource<T>(train, Options.BatchSize, Options.Seed, dequantize: false, binarize: Model.Options.Likelihood == DecoderLikelihoodKind.Bernoulli, keepLast: Options.KeepLastBatch);
    }

    /// <summary>Trains to the end of the epoch that <see cref="State"/> stands in, or until stopped; then validates if it is due.</summary>
    /// <param name="batches">Training rows, from <see cref="Batches"/>.</param>
    /// <param name="validation">Validation rows, 0 and 1 for a Bernoulli likelihood; null for none.</param>
    /// <param name="onStep">Called after every step; returns false to stop.</param>
    /// <returns>The epoch's report, or null when stopped inside it; the next call goes on from there.</returns>
    /// <exception cref="NonFiniteException">Training diverged.</exception>
    public LatentEpochReport? RunEpoch(BatchSource<T> batches, Table? validation = null, Func<LatentStepReport, bool>? onStep = null)
    {
        if (_batch.Length == 0) _batch = new T[batches.RowsOf(0) * Model.DataDimension];
        double rate = Options.Schedule.At(_state.Step);
        while (_state.StepInEpoch < batches.BatchesPerEpoch)
        {
            int index = (int)_state.StepInEpoch;
            Span<T> batch = _batch.AsSpan(0, batches.RowsOf(index) * Model.DataDimension);
            batches.Fill(_state.Epoch, index, batch);
            LatentStepReport report = Step(batch);
            rate = report.LearningRate;
            _state.Count(report.Objective, -report.LogLikelihood);
            if (onStep is not null && !onStep(report) && _state.StepInEpoch < batches.BatchesPerEpoch) return null;
        }
        double objective = _state.MeanObjective, logLikelihood = -_state.MeanReconstruction;
        _state.EndEpoch();
        EvidenceLowerBound? valid = null;
        bool best = false;
        if (validation is not null && (_state.Epoch % Options.ValidateEvery == 0 || _state.Epoch == Options.Epochs))
        {
            valid = LatentEvaluation.LowerBound(Model, validation, 1, SeedMix.Of(Options.Seed, 8));
            if (!double.IsFinite(valid.Value.Nats)) throw new NonFiniteException($"After epoch {_state.Epoch}: the validation bound is {valid.Value.Nats}; training has diverged. Lower the learning rate.");
            best = _state.Offer(valid.Value.Nats);
        }
        return new LatentEpochReport((int)_state.Epoch, _state.Step, objective, logLikelihood, Model.Radius, rate, valid, best);
    }

    /// <summary>Trains to <see cref="LatentTrainerOptions.Epochs"/>, or until cancelled between two steps; with validation rows the model ends as it was at its best validation.</summary>
    /// <exception cref="BadInputException">A table does not fit the model.</exception>
    /// <exception cref="NonFiniteException">Training diverged.</exception>
    public void Fit(Table train, Table? validation = null, Action<LatentEpochReport>? onEpoch = null, CancellationToken cancel = default)
    {
        BatchSource<T> batches = Batches(train);
        while (_state.Epoch < Options.Epochs && !cancel.IsCancellationRequested)
            if (RunEpoch(batches, validation, _ => !cancel.IsCancellationRequested) is { } report) onEpoch?.Invoke(report);
        _state.RestoreBest();
    }

    /// <summary>Gives memory back; the model stays.</summary>
    public void Dispose()
    {
        _tape.Dispose();
        _clip?.Dispose();
        _state.Dispose();
    }

    private double Radius() => Model.Space is { } space ? Value(space.RecordRadius(_tape)) : double.PositiveInfinity;

    private double Value(Var scalar) => double.CreateTruncating(_tape.Scalar(scalar));
}
