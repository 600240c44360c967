using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// Trains a flow by mini-batches. All randomness is a function of (seed, step), all state lies in the flow's store: a run resumed from
/// a checkpoint ends with the same bits as one that was never stopped.
/// </summary>
public sealed class FlowTrainer<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly GradientClip<T>? _clip;
    private readonly Tape<T> _tape;
    private readonly TrainerState<T> _state;
    private T[] _batch = [];
    private T[] _context = [];
    private StepRing<T>? _ring;

    /// <summary>Creates a trainer for a flow that has none yet.</summary>
    public FlowTrainer(Flow<T> flow, IOptimizer<T> optimizer, TrainerOptions options)
    {
        Flow = flow;
        Optimizer = optimizer;
        Options = options.Checked();
        if (Options.BiLipschitz is not null && (flow.EvaluationValue != ValueKind.Exact || flow.Base.IsDiscrete))
            throw new BadInputException("The bi-Lipschitz penalty takes differences of one smooth map; a flow that draws noise or rounds has none. Train it without.");
        optimizer.Attach(flow.Store);
        optimizer.Prepare(flow.Store);
        _state = new TrainerState<T>(flow.Store);
        _tape = new Tape<T>(flow.Backend, flow.Store);
        if (double.IsFinite(options.ClipNorm)) _clip = new GradientClip<T>(flow.Store, options.ClipNorm);
    }

    /// <summary>The flow being trained.</summary>
    public Flow<T> Flow { get; }

    /// <summary>Its optimiser.</summary>
    public IOptimizer<T> Optimizer { get; }

    /// <summary>How it trains.</summary>
    public TrainerOptions Options { get; }

    /// <summary>Where training stands.</summary>
    public TrainerState<T> State => _state;

    /// <summary>Bytes that training steps have taken so far, gradients and working memory included, parameters and optimiser slots not; constant after the first step, so their peak.</summary>
    public long TapeBytes => _tape.AllocatedElements * Unsafe.SizeOf<T>();

    /// <summary>Times the tape's memory grew; constant after the first step.</summary>
    public int TapeGrowths => _tape.Growths;

    /// <summary>The tape as the last step left it: for printing and for finding what went wrong.</summary>
    public Tape<T> Tape => _tape;

    /// <summary>One training step on a batch [rows x features] of continuous (dequantised) data. Allocates nothing after the first.</summary>
    /// <param name="batch">[rows x features], row-major.</param>
    /// <param name="context">[rows x <see cref="Flow{T}.ContextWidth"/>] of a conditional flow; empty for a flow without.</param>
    /// <exception cref="NonFiniteException">The loss is not finite, or with a clipping norm the gradient is not; parameters are as before the step. Names the layer and node. Without a clipping norm a gradient that is not finite shows in the next step's loss.</exception>
    public StepReport Step(ReadOnlySpan<T> batch, ReadOnlySpan<T> context = default) => Step(batch, context, Options.Schedule.At(_state.Step));

    /// <summary>As <see cref="Step(ReadOnlySpan{T}, ReadOnlySpan{T})"/> with a learning rate of the caller's, for schedules by something else than the step, such as a time budget.</summary>
    public StepReport Step(ReadOnlySpan<T> batch, ReadOnlySpan<T> context, double rate)
    {
        long step = _state.Step;
        FlowObjective objective = Record(batch, context);
        double loss = double.CreateTruncating(_tape.Scalar(objective.Loss));
        if (!double.IsFinite(loss)) throw new NonFiniteException($"Step {step}: the loss is {loss}; first bad value in {_tape.FindNonFinite()?.TrimEnd('.') ?? "the loss itself"}. Lower the learning rate or clip the gradient.");
        _tape.Backward(objective.Loss);
        double norm = double.NaN;
        if (_clip is not null)
        {
            norm = _clip.Apply();
            if (!double.IsFinite(norm)) throw new NonFiniteException($"Step {step}: the gradient's norm is {norm}, first in {Flow.Store.FirstBadGradient()}. Lower the learning rate or the clipping norm.");
        }
        Optimizer.Step(Flow.Store, rate);
        _state.Step = step + 1;
        return new StepReport(
            step, double.CreateTruncating(_tape.Scalar(objective.Objective)), objective.Value,
            objective.Penalty.IsNone ? 0 : double.CreateTruncating(_tape.Scalar(objective.Penalty)), Reconstruction(), norm, rate);
    }

    // The objective of a batch, on the tape.
    private FlowObjective Record(ReadOnlySpan<T> batch, ReadOnlySpan<T> context)
    {
        int rows = batch.Length / Flow.Dimension;
        if (rows == 0 || rows * Flow.Dimension != batch.Length)
            throw new ArgumentException($"FlowTrainer.Step: {batch.Length} numbers are no whole rows of {Flow.Dimension} features.");
        Flow.RequireContext("FlowTrainer.Step", rows, context.Length);
        long step = _state.Step;
        _tape.Reset();
        Var x = _tape.Input(batch, rows, Flow.Dimension), given = context.IsEmpty ? Var.None : _tape.Input(context, rows, Flow.ContextWidth);
        var c = new StepContext { Mode = FlowMode.Train, Step = step, Key = Options.Seed, Context = given };
        // Before the objective, whose recording is what the flow reports on.
        Var stretch = Options.BiLipschitz is { } penalty && penalty.Applies(step) ? penalty.Record(Flow, _tape, x, c) : Var.None;
        FlowObjective objective = Flow.RecordObjective(_tape, x, c);
        return stretch.IsNone ? objective : objective.With(_tape, stretch);
    }

    /// <summary>
    /// A training step of which nothing is read, so that a device runs ahead of the caller: as <see cref="Step(ReadOnlySpan{T}, ReadOnlySpan{T}, double)"/>, but
    /// its numbers come with the next <see cref="Report"/>, which must come within <see cref="TrainerOptions.ReportEvery"/> steps.
    /// </summary>
    /// <exception cref="InvalidOperationException">That many steps wait to be reported.</exception>
    public void Advance(ReadOnlySpan<T> batch, ReadOnlySpan<T> context, double rate)
    {
        if (_ring?.Count == Options.ReportEvery) throw new InvalidOperationException($"FlowTrainer.Advance: {_ring.Count} steps wait to be reported; call Report first.");
        long step = _state.Step;
        FlowObjective objective = Record(batch, context);
        _tape.Backward(objective.Loss);
        _clip?.Shorten();
        Optimizer.Step(Flow.Store, rate);
        _ring ??= new StepRing<T>(Flow.Backend, Options.ReportEvery, Flow.Reconstructions.Length);
        _ring.Add(_tape, step, objective, Flow.Reconstructions, _clip?.Measured ?? Slice.None, rate);
        _state.Step = step + 1;
    }

    /// <summary>Reads the numbers of all steps since the last report, at once, and hands them on.</summary>
    /// <param name="onStep">Called for every step; returns false to stop.</param>
    /// <returns>False when a call wants to stop.</returns>
    /// <exception cref="NonFiniteException">A loss or a gradient's norm is not finite; the parameters are spoilt.</exception>
    public bool Report(Func<StepReport, bool>? onStep = null) => Deliver(onStep, inEpoch: false);

    private bool Deliver(Func<StepReport, bool>? onStep, bool inEpoch)
    {
        _tape.Checks.Require();
        if (_ring is not { } ring) return true;
        ring.Read();
        // All of it before the first call, which may write a checkpoint.
        if (inEpoch)
            for (int i = 0; i < ring.Count; i++) _state.Add(ring[i].Objective, ring[i].ReconstructionError);
        bool goesOn = true;
        if (onStep is not null)
            for (int i = 0; i < ring.Count; i++) goesOn &= onStep(ring[i]);
        ring.Clear();
        return goesOn;
    }

    /// <summary>Trains to the end of the epoch that <see cref="State"/> stands in, or until cancelled; then validates if it is due.</summary>
    /// <param name="batches">Training rows.</param>
    /// <param name="validation">Validation rows; null for none.</param>
    /// <param name="onStep">Called for every step, when it is reported (see <see cref="TrainerOptions.ReportEvery"/>); returns false to stop there.</param>
    /// <returns>The epoch's report, or null when stopped inside it; the next call goes on from there.</returns>
    /// <exception cref="NonFiniteException">Training diverged.</exception>
    public EpochReport? RunEpoch(BatchSource<T> batches, Table? validation, Func<StepReport, bool>? onStep = null)
    {
        int width = Options.BatchSize * Flow.Dimension;
        if (_batch.Length != width) (_batch, _context) = (new T[width], new T[Options.BatchSize * Flow.ContextWidth]);
        ValueKind value = ValueKind.Exact;
        double rate = 0;
        // What an exception left behind.
        _ring?.Clear();
        while (_state.StepInEpoch < batches.BatchesPerEpoch)
        {
            batches.Fill(_state.Epoch, (int)_state.StepInEpoch, _batch, _context);
            if (_state.Step == 0) Flow.Initialize(_batch, _context);
            rate = Options.Schedule.At(_state.Step);
            bool goesOn = true;
            if (Options.ReportEvery == 1)
            {
                StepReport report = Step(_batch, _context, rate);
                value = report.Value;
                _state.CountStep();
                _state.Add(report.Objective, report.ReconstructionError);
                goesOn = onStep is null || onStep(report);
            }
            else
            {
                Advance(_batch, _context, rate);
                _state.CountStep();
                value = _ring!.LastValue;
                // At the same steps whether the run was resumed or not.
                if (_state.Step % Options.ReportEvery == 0 || _state.StepInEpoch == batches.BatchesPerEpoch) goesOn = Deliver(onStep, inEpoch: true);
            }
            if (!goesOn && _state.StepInEpoch < batches.BatchesPerEpoch) return null;
        }
        if (rate == 0) (value, rate) = (WeakestValue(), Options.Schedule.At(Math.Max(0, _state.Step - 1)));
        double objective = _state.MeanObjective, reconstruction = _state.MeanReconstruction;
        _state.EndEpoch();
        LikelihoodEvaluation? valid = null;
        bool best = false;
        if (validation is not null && (_state.Epoch % Options.ValidateEvery == 0 || _state.Epoch == Options.Epochs))
        {
            valid = LikelihoodEvaluation.Run(Flow, validation, 1, SeedMix.Of(Options.Seed, 3));
            if (!double.IsFinite(valid.Value.Nats)) throw new NonFiniteException($"After epoch {_state.Epoch}: the validation log-likelihood is {valid.Value.Nats}; training has diverged. Lower the learning rate.");
            best = _state.Offer(valid.Value.Nats);
        }
        return new EpochReport((int)_state.Epoch, _state.Step, objective, value, reconstruction, rate, valid, best);
    }

    /// <summary>
    /// Trains to <see cref="TrainerOptions.Epochs"/>, or until cancelled between two steps; with validation rows the model ends as it was
    /// at its best validation. <see cref="RunEpoch"/> is the same by hand.
    /// </summary>
    /// <param name="train">Training rows.</param>
    /// <param name="validation">Validation rows; null for none.</param>
    /// <param name="onEpoch">Called after every epoch.</param>
    /// <param name="cancel">Stops after the step under way.</param>
    /// <exception cref="BadInputException">The table has other columns than the flow has features, another context, or fewer rows than a batch.</exception>
    /// <exception cref="NonFiniteException">Training diverged.</exception>
    public void Fit(Table train, Table? validation = null, Action<EpochReport>? onEpoch = null, CancellationToken cancel = default)
    {
        if (train.Columns != Flow.Dimension) throw new BadInputException($"{train.Name}: has {train.Columns} columns, the flow {Flow.Dimension} features; they must be equal.");
        train.RequireContext(Flow.ContextWidth, "the flow");
        validation?.RequireContext(Flow.ContextWidth, "the flow");
        var batches = new BatchSource<T>(train, Options.BatchSize, Options.Seed, Options.Dequantize && Flow.EvaluationValue == ValueKind.Exact && !Flow.Base.IsDiscrete);
        while (_state.Epoch < Options.Epochs && !cancel.IsCancellationRequested)
            if (RunEpoch(batches, validation, _ => !cancel.IsCancellationRequested) is { } report) onEpoch?.Invoke(report);
        _state.RestoreBest();
    }

    /// <summary>Gives memory back; the flow stays.</summary>
    public void Dispose()
    {
        _tape.Dispose();
        _clip?.Dispose();
        _state.Dispose();
        _ring?.Dispose();
    }

    private double Reconstruction()
    {
        double sum = 0;
        bool any = false;
        foreach (Var r in Flow.Reconstructions)
        {
            if (r.IsNone) continue;
            sum += double.CreateTruncating(_tape.Scalar(r));
            any = true;
        }
        return any ? sum : double.NaN;
    }

    private ValueKind WeakestValue()
    {
        ValueKind weakest = Flow.EvaluationValue;
        foreach (IJacobianLayer<T> layer in IJacobianLayer<T>.In(Flow.Transforms))
            if (layer.Strategy.Value > weakest) weakest = layer.Strategy.Value;
        return weakest;
    }
}
