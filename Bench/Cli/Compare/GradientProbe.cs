using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>
/// Holds a strategy's gradient and value against the exact ones on one fixed batch, at the parameters of the moment. What layers carry from step to step is put
/// back, so that training does not notice.
/// </summary>
internal sealed class GradientProbe<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private const int ValueDraws = 32;

    private readonly Flow<T> _flow;
    private readonly ulong _key;
    private readonly T[] _batch;
    private readonly Var[] _weights;
    private readonly T[] _buffers;
    private readonly long[] _counters;

    /// <summary>Makes the probe.</summary>
    /// <param name="flow">The flow in training.</param>
    /// <param name="table">Rows whose first are the batch.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="key">Key of the run, for a strategy's probes.</param>
    public GradientProbe(Flow<T> flow, Table table, int rows, ulong key)
    {
        (_flow, _key) = (flow, key);
        int count = Math.Min(rows, table.Rows), d = flow.Dimension;
        _batch = new T[count * d];
        for (int r = 0; r < count; r++) table.CopyRow(r, _batch.AsSpan(r * d, d));
        if (table.Levels > 0 && !flow.Base.IsDiscrete) Dequantization.AddUniformNoise(_batch.AsSpan(), Presets.EvaluationKey, 0, 0);
        _weights = [.. IJacobianLayer<T>.In(flow.Transforms).Select(l => l.Site.Weight)];
        _buffers = new T[flow.Store.BufferValues.Length];
        _counters = new long[flow.Store.Counters.Count];
    }

    /// <summary>
    /// Cosine of the angle between the strategy's gradient, as the next training step would take it, and that of the exact negative log-likelihood, over the matrices
    /// (and kernels) W of the layers that have a strategy. NaN where there is no such layer or a gradient vanishes.
    /// </summary>
    /// <exception cref="SingularMatrixException">A matrix is singular.</exception>
    public double Cosine(long step)
    {
        if (_weights.Length == 0) return double.NaN;
        T[][] own = Gradients(FlowMode.Train, step), exact = Gradients(FlowMode.Evaluate, step);
        double dot = 0, first = 0, second = 0;
        for (int w = 0; w < own.Length; w++)
            for (int i = 0; i < own[w].Length; i++)
            {
                double a = double.CreateTruncating(own[w][i]), b = double.CreateTruncating(exact[w][i]);
                dot += a * b;
                first += a * a;
                second += b * b;
            }

        return dot / Math.Sqrt(first * second);
    }

    /// <summary>
    /// Mean over the batch of the objective's log-determinant less the exact one, in nats, and its variance over draws of the strategy's random numbers; nulls where
    /// the strategy has no value.
    /// </summary>
    public (double? Bias, double? Variance) Value(long step)
    {
        (double exact, _) = Objective(FlowMode.Evaluate, step, _key);
        (double first, ValueKind kind) = Objective(FlowMode.Train, step, _key);
        if (kind == ValueKind.None) return (null, null);
        if (kind == ValueKind.Exact) return (exact - first, 0);
        double sum = 0, squares = 0;
        for (int i = 0; i < ValueDraws; i++)
        {
            // The objective is minus log p: what it lacks is what the log-determinant has too much.
            double error = exact - Objective(FlowMode.Train, step, SeedMix.Of(_key, (ulong)i)).Value;
            sum += error;
            squares += error * error;
        }

        double mean = sum / ValueDraws;
        return (mean, Math.Max(0, (squares - (sum * mean)) / (ValueDraws - 1)));
    }

    private T[][] Gradients(FlowMode mode, long step)
    {
        var gradients = new T[_weights.Length][];
        Recorded(mode, step, _key, (tape, objective) =>
        {
            tape.Backward(objective.Loss);
            for (int w = 0; w < gradients.Length; w++) gradients[w] = _flow.Store.ReadGradient(_weights[w]);
        });
        return gradients;
    }

    private (double Value, ValueKind Kind) Objective(FlowMode mode, long step, ulong key)
    {
        (double, ValueKind) result = default;
        Recorded(mode, step, key, (tape, objective) => result = (double.CreateTruncating(tape.Scalar(objective.Objective)), objective.Value));
        return result;
    }

    private void Recorded(FlowMode mode, long step, ulong key, Action<Tape<T>, FlowObjective> look)
    {
        ParameterStore<T> store = _flow.Store;
        store.Backend.Read(store.BufferValues, _buffers);
        for (int i = 0; i < _counters.Length; i++) _counters[i] = store[i];
        try
        {
            using var tape = new Tape<T>(_flow.Backend, store);
            look(tape, _flow.RecordObjective(tape, tape.Input(_batch, _batch.Length / _flow.Dimension, _flow.Dimension), new StepContext { Mode = mode, Step = step, Key = key }));
        }
        finally
        {
            store.Backend.Write(_buffers, store.BufferValues);
            for (int i = 0; i < _counters.Length; i++) store[i] = _counters[i];
        }
    }
}
