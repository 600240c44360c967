using System.Numerics;
using System.Runtime.CompilerServices;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A normalizing flow: a chain of bijectors from data to a base distribution, with its parameters.</summary>
/// <remarks><see cref="LogProb(ReadOnlySpan{T}, Span{T})"/> is always the exact log-density, whatever strategy trained the layers.</remarks>
public sealed class Flow<T> : IDisposable where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly string[] _scopes;
    private readonly Var[] _reconstructions;
    private readonly bool _ownsBackend;
    private readonly Tape<T> _evaluation;

    /// <summary>Puts a flow together and draws its start values.</summary>
    /// <param name="transforms">From data to latent; all of one width.</param>
    /// <param name="baseDistribution">Distribution of the latent.</param>
    /// <param name="seed">Seed of the start values.</param>
    /// <param name="backend">Where it lives; null makes a <see cref="SimdBackend{T}"/> with one thread per processor, which the flow then owns.</param>
    /// <exception cref="ArgumentException">Widths, contexts or images of layers do not fit.</exception>
    public Flow(IReadOnlyList<IBijector<T>> transforms, IDistribution<T> baseDistribution, ulong seed = 0, IBackend<T>? backend = null)
    {
        for (int i = 0; i < transforms.Count; i++)
            if (transforms[i].Dimension != baseDistribution.Dimension)
                throw new ArgumentException($"Flow: layer {i} ({transforms[i].Kind}) has {transforms[i].Dimension} features, the base distribution {baseDistribution.Dimension}; all must be equal.");
        LayerList.CheckImages("Flow", transforms);
        foreach (IBijector<T> t in transforms)
        {
            if (t.EvaluationValue > EvaluationValue) EvaluationValue = t.EvaluationValue;
            if (t.ContextWidth == 0) continue;
            if (ContextWidth != 0 && t.ContextWidth != ContextWidth) throw new ArgumentException($"Flow: one layer takes a context of {ContextWidth} columns, another ({t.Kind}) one of {t.ContextWidth}; they must be equal.");
            ContextWidth = t.ContextWidth;
        }
        Transforms = [.. transforms];
        Base = baseDistribution;
        Seed = seed;
        _ownsBackend = backend is null;
        Backend = backend ?? new SimdBackend<T>();
        Store = new ParameterStore<T>(Backend);
        _scopes = new string[transforms.Count];
        _reconstructions = new Var[transforms.Count];
        for (int i = 0; i < transforms.Count; i++)
        {
            _scopes[i] = $"layers.{i}.{transforms[i].Kind}.";
            Transforms[i].Attach(Store, $"layers.{i}", SeedMix.Of(seed, (ulong)i));
        }
        Base.Attach(Store, "base");
        Store.Build();
        _evaluation = new Tape<T>(Backend, Store) { RecordsGradients = false };
    }

    /// <summary>The bijectors, from data to latent.</summary>
    public IReadOnlyList<IBijector<T>> Transforms { get; }

    /// <summary>The base distribution.</summary>
    public IDistribution<T> Base { get; }

    /// <summary>Number of features.</summary>
    public int Dimension => Base.Dimension;

    /// <summary>Columns of the context of a conditional flow p(x | context); 0 for a flow without.</summary>
    public int ContextWidth { get; }

    /// <summary>What densities in evaluation are: exact, or a bound (<see cref="LogProbBound"/>).</summary>
    public ValueKind EvaluationValue { get; } = ValueKind.Exact;

    /// <summary>Seed of the start values.</summary>
    public ulong Seed { get; }

    /// <summary>Where it lives.</summary>
    public IBackend<T> Backend { get; }

    /// <summary>Its parameters and buffers.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>Mean |R W x - x|^2 per layer as recorded by the last <see cref="Forward"/>; <see cref="Var.None"/> for layers without a learned inverse.</summary>
    public ReadOnlySpan<Var> Reconstructions => _reconstructions;

    /// <summary>Records z = f(x) and the sum of log-determinants [batch x 1], of the weakest kinds among the layers.</summary>
    public FlowStep Forward(Tape<T> tape, Var x, in StepContext c)
    {
        var sum = new StepSum(x);
        for (int i = 0; i < Transforms.Count; i++)
        {
            tape.Scope = _scopes[i];
            FlowStep step = Transforms[i].Forward(tape, sum.Output, c);
            _reconstructions[i] = step.Reconstruction;
            sum.Add(tape, step);
        }
        tape.Scope = "base.";
        return sum.Finish(tape);
    }

    /// <summary>Records x = f^-1(z) and the sum of log-determinants [batch x 1].</summary>
    public FlowStep Inverse(Tape<T> tape, Var z, in StepContext c)
    {
        var sum = new StepSum(z);
        for (int i = Transforms.Count - 1; i >= 0; i--)
        {
            tape.Scope = _scopes[i];
            sum.Add(tape, Transforms[i].Inverse(tape, sum.Output, c));
        }
        tape.Scope = "";
        return sum.Finish(tape);
    }

    /// <summary>Records the training objective for a batch: mean of -(log p(f(x)) + log-determinants), plus penalties.</summary>
    public FlowObjective RecordObjective(Tape<T> tape, Var x, in StepContext c)
    {
        FlowStep step = Forward(tape, x, c);
        Var logProb = tape.Add(Base.LogProb(tape, step.Output), step.LogAbsDet);
        Var objective = tape.Sum(logProb, -1.0 / x.Rows);
        Var loss = step.Penalty.IsNone ? objective : tape.Add(objective, step.Penalty);
        return new FlowObjective(loss, objective, step.Penalty, step.Value, step.Gradient);
    }

    /// <summary>Exact log p(x) in nats of the continuous input, for every row. Cost: one forward pass and one LU per linear layer for each block of rows.</summary>
    /// <param name="x">[rows x features], row-major.</param>
    /// <param name="destination">[rows].</param>
    /// <exception cref="ArgumentException">No whole rows, or the flow takes a context.</exception>
    /// <exception cref="InvalidOperationException">A layer has no exact route.</exception>
    public void LogProb(ReadOnlySpan<T> x, Span<T> destination) => LogProb(x, default, destination);

    /// <summary>Exact log p(x | context) in nats, for every row.</summary>
    /// <param name="x">[rows x features], row-major.</param>
    /// <param name="context">[rows x <see cref="ContextWidth"/>], row-major; empty for a flow without.</param>
    /// <param name="destination">[rows].</param>
    /// <exception cref="ArgumentException">No whole rows, or a context that is missing or of another width.</exception>
    /// <exception cref="InvalidOperationException">A layer has no exact route.</exception>
    public void LogProb(ReadOnlySpan<T> x, ReadOnlySpan<T> context, Span<T> destination)
    {
        if (EvaluationValue == ValueKind.Bound) throw new InvalidOperationException("LogProb: a layer of this flow gives a lower bound and no density; use LogProbBound.");
        Evaluate(nameof(LogProb), x, context, destination, 0, 0);
    }

    /// <summary>
    /// A lower bound of log p(x | context) in the mean over its random numbers (the evidence lower bound), for flows with a layer such as
    /// variational dequantisation; the exact value for the others. Average it over draws.
    /// </summary>
    /// <param name="x">[rows x features], row-major.</param>
    /// <param name="context">[rows x <see cref="ContextWidth"/>]; empty for a flow without.</param>
    /// <param name="key">Key of the random numbers.</param>
    /// <param name="draw">Number of the draw under that key: the same (key, draw) gives the same numbers.</param>
    /// <param name="destination">[rows].</param>
    /// <exception cref="ArgumentException">No whole rows, or a context that is missing or of another width.</exception>
    public void LogProbBound(ReadOnlySpan<T> x, ReadOnlySpan<T> context, ulong key, int draw, Span<T> destination) => Evaluate(nameof(LogProbBound), x, context, destination, key, draw);

    private void Evaluate(string what, ReadOnlySpan<T> x, ReadOnlySpan<T> context, Span<T> destination, ulong key, int draw)
    {
        int rows = RowsOf(x.Length, what);
        RequireContext(what, rows, context.Length);
        if (destination.Length != rows) throw new ArgumentException($"{what}: {rows} rows, but room for {destination.Length} results.");
        int block = Math.Min(BlockRows, MostEvaluationRows);
        for (int start = 0; start < rows; start += block)
        {
            int count = Math.Min(block, rows - start);
            _evaluation.Reset();
            Var input = _evaluation.Input(x.Slice(start * Dimension, count * Dimension), count, Dimension);
            var c = new StepContext { Mode = FlowMode.Evaluate, Key = SeedMix.Of(key, (ulong)start), Step = draw, Context = ContextBlock(context, start, count) };
            FlowStep step = Forward(_evaluation, input, c);
            if (step.Value != EvaluationValue) throw new InvalidOperationException($"{what}: the log-determinant of this flow is {step.Value} even in evaluation; there is no exact likelihood.");
            Var logProb = _evaluation.Add(Base.LogProb(_evaluation, step.Output), step.LogAbsDet);
            _evaluation.Read(logProb, destination.Slice(start, count));
        }
        _evaluation.Reset();
    }

    /// <summary>As <see cref="LogProb(ReadOnlySpan{T}, Span{T})"/>, into a new array.</summary>
    public T[] LogProb(ReadOnlySpan<T> x)
    {
        var result = new T[RowsOf(x.Length, nameof(LogProb))];
        LogProb(x, result);
        return result;
    }

    /// <summary>As <see cref="LogProb(ReadOnlySpan{T}, ReadOnlySpan{T}, Span{T})"/>, into a new array.</summary>
    // Two arrays mean input and destination, as without a context: this one is taken by name (context: ...) or by type.
    [OverloadResolutionPriority(-1)]
    public T[] LogProb(ReadOnlySpan<T> x, ReadOnlySpan<T> context)
    {
        var result = new T[RowsOf(x.Length, nameof(LogProb))];
        LogProb(x, context, result);
        return result;
    }

    /// <summary>Draws samples [count x features] into <paramref name="destination"/>: the same for the same seed, whatever the block size or number of threads.</summary>
    public void Sample(ulong seed, Span<T> destination, InverseKind inverse = InverseKind.Exact) => Sample(seed, default, destination, inverse);

    /// <summary>Draws samples of p(x | context) [count x features] into <paramref name="destination"/>.</summary>
    /// <param name="seed">The same seed gives the same samples.</param>
    /// <param name="context">[count x <see cref="ContextWidth"/>], or one row for all samples; empty for a flow without.</param>
    /// <param name="destination">Room for whole samples.</param>
    /// <param name="inverse">Which inverse.</param>
    /// <exception cref="ArgumentException">No whole rows, or a context that is missing or of another width.</exception>
    public void Sample(ulong seed, ReadOnlySpan<T> context, Span<T> destination, InverseKind inverse = InverseKind.Exact)
    {
        int count = RowsOf(destination.Length, nameof(Sample)), block = BlockRows;
        bool one = ContextWidth > 0 && context.Length == ContextWidth;
        if (!one) RequireContext(nameof(Sample), count, context.Length);
        for (int start = 0; start < count; start += block)
        {
            int rows = Math.Min(block, count - start);
            _evaluation.Reset();
            Var given = one ? _evaluation.RepeatRows(ContextBlock(context, 0, 1), rows) : ContextBlock(context, start, rows);
            Var z = Base.Sample(_evaluation, rows, seed, (ulong)(start / block));
            FlowStep step = Inverse(_evaluation, z, new StepContext { Mode = FlowMode.Evaluate, Inverse = inverse, Key = seed, Step = start / block, Context = given });
            _evaluation.Read(step.Output, destination.Slice(start * Dimension, rows * Dimension));
        }
        _evaluation.Reset();
    }

    /// <summary>As <see cref="Sample(ulong, Span{T}, InverseKind)"/>, into a new array.</summary>
    public T[] Sample(int count, ulong seed, InverseKind inverse = InverseKind.Exact) => Sample(count, default, seed, inverse);

    /// <summary>As <see cref="Sample(ulong, ReadOnlySpan{T}, Span{T}, InverseKind)"/>, into a new array.</summary>
    public T[] Sample(int count, ReadOnlySpan<T> context, ulong seed, InverseKind inverse = InverseKind.Exact)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var result = new T[count * Dimension];
        Sample(seed, context, result, inverse);
        return result;
    }

    /// <summary>Gives layers with data-dependent start values (ActNorm) their first batch; others, and initialised ones, are left alone.</summary>
    /// <param name="x">[rows x features], row-major.</param>
    /// <param name="context">[rows x <see cref="ContextWidth"/>]; empty for a flow without.</param>
    public void Initialize(ReadOnlySpan<T> x, ReadOnlySpan<T> context = default)
    {
        int rows = RowsOf(x.Length, nameof(Initialize));
        RequireContext(nameof(Initialize), rows, context.Length);
        if (DataDependentStart.IsDone(Transforms, Store)) return;
        _evaluation.Reset();
        DataDependentStart.Run(_evaluation, Transforms, _evaluation.Input(x, rows, Dimension), new StepContext { Mode = FlowMode.Evaluate, Context = ContextBlock(context, 0, rows) });
        _evaluation.Reset();
    }

    /// <summary>The input of layer <paramref name="layer"/> for data x, [rows x features]: for monitors and pictures.</summary>
    public T[] InputOf(int layer, ReadOnlySpan<T> x, ReadOnlySpan<T> context = default)
    {
        int rows = RowsOf(x.Length, nameof(InputOf));
        RequireContext(nameof(InputOf), rows, context.Length);
        _evaluation.Reset();
        var c = new StepContext { Mode = FlowMode.Evaluate, Context = ContextBlock(context, 0, rows) };
        Var h = _evaluation.Input(x, rows, Dimension);
        for (int i = 0; i < layer; i++) h = Transforms[i].Forward(_evaluation, h, c).Output;
        var values = new T[x.Length];
        _evaluation.Read(h, values);
        _evaluation.Reset();
        return values;
    }

    /// <summary>Writes the model: recipe, parameters, buffers and counters. Replaces the file whole or not at all.</summary>
    public void Save(string path) => ModelFile.Save(this, path);

    /// <summary>Reads a model written by <see cref="Save"/>.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, or no model.</exception>
    public static Flow<T> Load(string path, IBackend<T>? backend = null) => ModelFile.Load<T>(path, backend);

    /// <summary>Gives all memory back.</summary>
    public void Dispose()
    {
        _evaluation.Dispose();
        Store.Dispose();
        if (_ownsBackend) Backend.Dispose();
    }

    // Some layers need a hundred kilobytes a row.
    private const int MostEvaluationRows = 1024;

    // Blocks of about half a million numbers: large enough for full-speed products, small enough for bounded memory.
    private int BlockRows => Math.Max(1, (1 << 19) / Math.Max(Dimension, ContextWidth));

    /// <summary>Refuses a context of <paramref name="length"/> numbers that does not fit <paramref name="rows"/> rows.</summary>
    internal void RequireContext(string what, int rows, int length)
    {
        if (length == rows * ContextWidth) return;
        if (ContextWidth == 0) throw new ArgumentException($"{what}: the flow takes no context, but there are {length} numbers of it; leave it out.");
        if (length == 0) throw new ArgumentException($"{what}: the flow takes a context of {ContextWidth} columns and there is none; give it one row of context for every row.");
        throw new ArgumentException($"{what}: the context has {length} numbers; {rows} rows of {ContextWidth} columns are {rows * ContextWidth}.");
    }

    private Var ContextBlock(ReadOnlySpan<T> context, int start, int count)
        => ContextWidth == 0 ? Var.None : _evaluation.Input(context.Slice(start * ContextWidth, count * ContextWidth), count, ContextWidth);

    private int RowsOf(int length, string what)
    {
        if (length % Dimension != 0) throw new ArgumentException($"{what}: {length} numbers are no whole rows of {Dimension} features.");
        return length / Dimension;
    }
}
