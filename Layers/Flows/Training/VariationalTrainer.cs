using System.Numerics;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>
/// Fits a flow to an unnormalised target density by samples of the flow: minimises the reverse KL divergence E_q[log q - log target] with
/// z from the base, x = f^-1(z), log q(x) = log p(z) - log|det dx/dz|. Step k draws by (seed, k): the same options give the same bits.
/// </summary>
/// <remarks>Reverse KL seeks modes: a target with far apart modes is easily covered in part only, which <see cref="Evaluate"/> cannot see. Source: Rezende and Mohamed 2015.</remarks>
public sealed class VariationalTrainer<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Func<Tape<T>, Var, Var> _logTarget;
    private readonly GradientClip<T>? _clip;
    private readonly Tape<T> _tape;
    private readonly int _step;

    /// <summary>Creates a trainer for a flow that has none yet.</summary>
    /// <param name="flow">The flow, whose inverse must be exact.</param>
    /// <param name="logTarget">Records log target(x) up to a constant: [batch x features] to [batch x 1]. <see cref="IDistribution{T}.LogProb"/> of a fixed distribution will do.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="options">How it trains.</param>
    /// <exception cref="BadInputException">An option is out of range, or the base has learned parameters that samples carry no whole gradient to.</exception>
    public VariationalTrainer(Flow<T> flow, Func<Tape<T>, Var, Var> logTarget, IOptimizer<T> optimizer, VariationalOptions options)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(logTarget);
        ArgumentNullException.ThrowIfNull(optimizer);
        if (!flow.Base.IsReparameterized && flow.Store.Parameters.Any(p => p.Name.StartsWith("base.", StringComparison.Ordinal)))
            throw new BadInputException($"VariationalTrainer: samples of the base {flow.Base.Kind} carry no gradient to its parameters; make it fixed (trainable: false), or take another base.");
        Flow = flow;
        Optimizer = optimizer;
        Options = options.Checked();
        _logTarget = logTarget;
        optimizer.Attach(flow.Store);
        optimizer.Prepare(flow.Store);
        _step = flow.Store.AddCounter("variational.step");
        _tape = new Tape<T>(flow.Backend, flow.Store);
        if (double.IsFinite(options.ClipNorm)) _clip = new GradientClip<T>(flow.Store, options.ClipNorm);
    }

    /// <summary>The flow being trained.</summary>
    public Flow<T> Flow { get; }

    /// <summary>Its optimiser.</summary>
    public IOptimizer<T> Optimizer { get; }

    /// <summary>How it trains.</summary>
    public VariationalOptions Options { get; }

    /// <summary>Steps done; a checkpoint of the store carries it.</summary>
    public long Steps => Flow.Store[_step];

    /// <summary>The tape as the last step left it.</summary>
    public Tape<T> Tape => _tape;

    /// <summary>One step.</summary>
    /// <exception cref="NonFiniteException">The objective is not finite, or with a clipping norm the gradient is not; parameters are as before the step.</exception>
    /// <exception cref="NotSupportedException">A layer's inverse or its log-determinant is not exact.</exception>
    public VariationalReport Step()
    {
        long step = Steps;
        _tape.Reset();
        Var loss = _tape.Sum(RecordLogWeights(_tape, Options.BatchSize, Options.Seed, (ulong)step), -1.0 / Options.BatchSize);
        double objective = double.CreateTruncating(_tape.Scalar(loss));
        if (!double.IsFinite(objective)) throw new NonFiniteException($"Step {step}: the objective is {objective}; first bad value in {_tape.FindNonFinite()?.TrimEnd('.') ?? "the objective itself"}. Lower the learning rate or clip the gradient.");
        _tape.Backward(loss);
        double norm = double.NaN;
        if (_clip is not null)
        {
            norm = _clip.Apply();
            if (!double.IsFinite(norm)) throw new NonFiniteException($"Step {step}: the gradient's norm is {norm}. Lower the learning rate or the clipping norm.");
        }

        double rate = Options.Schedule.At(step);
        Optimizer.Step(Flow.Store, rate);
        Flow.Store[_step] = step + 1;
        return new VariationalReport(step, objective, norm, rate);
    }

    /// <summary>Steps until <paramref name="steps"/> are done, or until cancelled.</summary>
    public void Fit(long steps, Action<VariationalReport>? onStep = null, CancellationToken cancel = default)
    {
        while (Steps < steps && !cancel.IsCancellationRequested)
        {
            VariationalReport report = Step();
            onStep?.Invoke(report);
        }
    }

    /// <summary>Lower bound, normaliser and effective sample size by <paramref name="samples"/> samples of their own key.</summary>
    public VariationalEvaluation Evaluate(int samples, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        var all = new double[samples];
        using var tape = new Tape<T>(Flow.Backend, Flow.Store) { RecordsGradients = false };
        for (int start = 0, block = 0; start < samples; start += Options.BatchSize, block++)
        {
            tape.Reset();
            int count = Math.Min(Options.BatchSize, samples - start);
            var values = new T[count];
            tape.Read(RecordLogWeights(tape, count, key, (ulong)block), values);
            for (int i = 0; i < count; i++) all[start + i] = double.CreateTruncating(values[i]);
        }

        return VariationalEvaluation.Of(all);
    }

    /// <summary>Gives memory back; the flow stays.</summary>
    public void Dispose()
    {
        _tape.Dispose();
        _clip?.Dispose();
    }

    // log target(x) - log q(x), [count x 1].
    private Var RecordLogWeights(Tape<T> tape, int count, ulong key, ulong stream)
    {
        Var z = Flow.Base.Sample(tape, count, SeedMix.Of(key, 7), stream);
        Var logBase = Flow.Base.LogProb(tape, z);
        FlowStep step = Flow.Inverse(tape, z, new StepContext { Mode = FlowMode.Evaluate, Step = (long)stream, Key = key });
        if (step.Value != ValueKind.Exact || step.Gradient != GradientKind.Exact)
            throw new NotSupportedException($"VariationalTrainer: the inverse has a log-determinant of kind {step.Value} with a gradient of kind {step.Gradient}; the reverse KL divergence needs both exact, use layers with an exact inverse.");
        Var logTarget = _logTarget(tape, step.Output);
        if (logTarget.Rows != count || logTarget.Cols != 1) throw new ArgumentException($"VariationalTrainer: the target's log-density is {logTarget.Shape}; it must be {count}x1.");
        return tape.Add(tape.Subtract(logTarget, logBase), step.LogAbsDet);
    }
}
