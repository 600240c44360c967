using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Tests;

/// <summary>A small training run on correlated data, as a fresh process would set it up: everything follows from the arguments.</summary>
internal sealed class TrainingRun : IDisposable
{
    public const int Rows = 500;

    private readonly IBackend<float> _backend;

    /// <param name="strategy">Makes the strategy; called once a layer.</param>
    /// <param name="dimension">Features.</param>
    /// <param name="batch">Rows of a step.</param>
    /// <param name="threads">Threads of the backend.</param>
    /// <param name="clip">Whether the gradient is clipped.</param>
    /// <param name="layer">Makes a layer of so many features with a strategy; a full matrix where null.</param>
    /// <param name="reportEvery">Steps between two readings.</param>
    /// <param name="backend">Where it runs, then the run's own; one of so many threads on the CPU where null.</param>
    public TrainingRun(Func<IJacobianStrategy<float>> strategy, int dimension, int batch, int threads, bool clip = false, Func<int, IJacobianStrategy<float>, IBijector<float>>? layer = null, int reportEvery = 1, IBackend<float>? backend = null)
    {
        _backend = backend ?? new SimdBackend<float>(threads);
        Flow = new Flow<float>(Chain(d => layer is null ? new Linear<float>(d, strategy()) : layer(d, strategy()), dimension), new StandardNormal<float>(dimension), seed: 5, _backend);
        Relative = strategy().Gradient == GradientKind.Preconditioned;
        // Plain steps for the preconditioned gradient, as its page asks; Adam's two slots for the others.
        IOptimizer<float> optimizer = Relative ? new Sgd<float>(momentum: 0.9) : new Adam<float>();
        Trainer = new FlowTrainer<float>(Flow, optimizer, new TrainerOptions
        {
            BatchSize = batch,
            Epochs = 1000,
            Seed = 17,
            ReportEvery = reportEvery,
            ClipNorm = clip ? 5 : double.PositiveInfinity,
            // A series in W - I needs W near I; the others move further.
            Schedule = LearningRateSchedule.Constant(strategy() is BlockEstimate<float> { Estimator.NeedsContraction: true } ? 1e-5 : 1e-3, warmupSteps: 10),
        });
        Data = Sample(dimension);
        Batches = new BatchSource<float>(Data, batch, seed: 17, dequantize: true);
    }

    public Flow<float> Flow { get; }

    public FlowTrainer<float> Trainer { get; }

    public Table Data { get; }

    public BatchSource<float> Batches { get; }

    public bool Relative { get; }

    /// <summary>Every strategy by its registered name; the cached ones with a refresh that falls inside an epoch and inside a run.</summary>
    public static Func<IJacobianStrategy<float>> Named(string name)
        => () => JacobianRegistry.Create<float>(name, every: name switch { "stale-inverse" => 7, "newton-schulz" => 3, _ => null });

    /// <summary>Integer data with 32 levels, so that the dequantisation noise takes part.</summary>
    public static Table Sample(int dimension)
    {
        var noise = new double[Rows * dimension];
        RandomFill.Gaussian<double>(3, 0, 0, noise);
        var bytes = new byte[noise.Length];
        for (int r = 0; r < Rows; r++)
            for (int c = 0; c < dimension; c++)
            {
                double shared = noise[r * dimension], own = noise[(r * dimension) + c];
                bytes[(r * dimension) + c] = (byte)Math.Clamp(16 + (4 * own) + (2 * shared), 0, 31);
            }
        return Table.FromBytes("sample", Rows, dimension, bytes, levels: 32);
    }

    /// <summary>Trains as many whole epochs; what every step and epoch reported.</summary>
    public (List<StepReport> Steps, List<EpochReport> Epochs) RunEpochs(int count)
    {
        List<StepReport> steps = [];
        List<EpochReport> epochs = [];
        for (; count > 0; count--)
            epochs.Add(Trainer.RunEpoch(Batches, Data.Slice(0, 50), report =>
            {
                steps.Add(report);
                return true;
            })!);
        return (steps, epochs);
    }

    /// <summary>Trains until <see cref="TrainerState{T}.Step"/> is <paramref name="step"/>, through epoch ends.</summary>
    public void RunTo(long step)
    {
        while (Trainer.State.Step < step) Trainer.RunEpoch(Batches, Data.Slice(0, 50), report => report.Step + 1 < step);
    }

    /// <summary>All state by name: parameters, slots, buffers, best model, counters, as bits.</summary>
    public SortedDictionary<string, long[]> Bits() => Bits(Flow.Store, Trainer.State);

    /// <inheritdoc cref="Bits()"/>
    public static SortedDictionary<string, long[]> Bits(ParameterStore<float> store, TrainerState<float> state)
    {
        var bits = new SortedDictionary<string, long[]>(StringComparer.Ordinal);
        foreach (ParameterStore<float>.Entry e in store.Parameters.Concat(store.Buffers)) bits[e.Name] = Of(store.ValueOf(e.Var));
        for (int s = 0; s < store.SlotCount; s++)
            foreach (ParameterStore<float>.Entry e in store.Parameters) bits[$"slot{s}/{e.Name}"] = Of(store.Slot(s).Part(e.Var.Offset, e.Var.Length));
        foreach (ParameterStore<float>.Entry e in store.Parameters) bits[$"best/{e.Name}"] = Of(state.BestValues.Part(e.Var.Offset, e.Var.Length));
        foreach (ParameterStore<float>.Entry e in store.Buffers) bits[$"best/{e.Name}"] = Of(state.BestBuffers.Part(e.Var.Offset, e.Var.Length));
        for (int i = 0; i < store.Counters.Count; i++) bits[$"counter/{store.Counters[i]}"] = [store[i]];
        return bits;

        long[] Of(Slice slice)
        {
            var values = new float[slice.Length];
            store.Backend.Read(slice, values);
            return [.. values.Select(v => (long)BitConverter.SingleToInt32Bits(v))];
        }
    }

    /// <summary>The first difference between two states, in words; null when all bits are equal.</summary>
    public static string? Difference(SortedDictionary<string, long[]> one, SortedDictionary<string, long[]> two)
    {
        if (!one.Keys.SequenceEqual(two.Keys)) return $"state of other names: {string.Join(", ", one.Keys.Except(two.Keys).Concat(two.Keys.Except(one.Keys)))}";
        foreach ((string name, long[] values) in one)
            for (int i = 0; i < values.Length; i++)
                if (values[i] != two[name][i]) return $"{name}[{i}]: {values[i]:X} and {two[name][i]:X}";
        return null;
    }

    public void Dispose()
    {
        Trainer.Dispose();
        Flow.Dispose();
        _backend.Dispose();
    }

    private static IBijector<float>[] Chain(Func<int, IBijector<float>> layer, int d) =>
    [
        new Logit<float>(d, alpha: 0.01, low: 0, high: 32),
        layer(d),
        new SmoothLeakyRelu<float>(d, alpha: 0.3),
        layer(d),
    ];
}
