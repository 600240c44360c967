using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>
/// Cost of a training step: all strategies in turn, round by round, each round the mean over a whole number of a strategy's refresh cycles. The learning rate is
/// so small that no strategy can diverge, but the matrices do move, as a guard on an approximate inverse would notice.
/// </summary>
internal sealed class CompareCost<T>(CompareSettings settings, CompareCell cell, ulong seed, DeviceChoice device, int threads) where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double Rate = 1e-6;

    /// <summary>Least seconds of a strategy's turn, so that the clock's own cost does not count.</summary>
    private const double TurnSeconds = 0.05;

    private const int MostSteps = 2000;

    /// <summary>Measures; null when stopped.</summary>
    /// <param name="arms">The strategies.</param>
    /// <param name="progress">Told what is measured, and which share is done.</param>
    /// <param name="isStopped">Whether to stop.</param>
    public IReadOnlyList<CompareRecord>? Measure(IReadOnlyList<StrategyArm> arms, Action<string, double> progress, Func<bool> isStopped)
    {
        using IBackend<T> backend = device.Make<T>(threads);
        var batch = new T[settings.Batch * cell.Dimension];
        var batches = new BatchSource<T>(cell.Data.Set.Train, settings.Batch, seed, dequantize: true);
        batches.Fill(0, 0, batch);
        var turns = new List<Turn>();
        try
        {
            foreach (StrategyArm arm in arms)
            {
                progress(FormattableString.Invariant($"{cell.Data.Label} D {cell.Dimension}: first steps, {arm.Label}"), 0);
                turns.Add(new Turn(arm, cell.Build(arm, seed, backend), settings, seed, batch));
                turns[^1].WarmUp(threads);
                if (isStopped()) return null;
            }

            for (int round = 0; round < settings.Rounds; round++)
                for (int i = 0; i < turns.Count; i++)
                {
                    Turn turn = turns[(i + round) % turns.Count];
                    progress(FormattableString.Invariant($"{cell.Data.Label} D {cell.Dimension}: round {round + 1} of {settings.Rounds}, {turn.Arm.Label}"), (round + (i / (double)turns.Count)) / settings.Rounds);
                    turn.Take();
                    if (isStopped()) return null;
                }

            return [.. turns.Select(t => t.Record(cell, settings, seed))];
        }
        finally
        {
            foreach (Turn turn in turns) turn.Dispose();
        }
    }

    private sealed class Turn : IDisposable
    {
        private readonly Flow<T> _flow;
        private readonly FlowTrainer<T> _trainer;
        private readonly T[] _batch;
        private readonly int _cycle;
        private readonly List<double> _milliseconds = [];
        private int _steps;
        private long _allocated;
        private string? _failure;
        private StepMeter? _clock;

        public Turn(StrategyArm arm, Flow<T> flow, CompareSettings settings, ulong seed, T[] batch)
        {
            (Arm, _flow, _batch) = (arm, flow, batch);
            _trainer = new FlowTrainer<T>(flow, arm.Optimizer<T>(), new TrainerOptions { BatchSize = settings.Batch, Seed = seed, ClipNorm = arm.Clip });
            _cycle = StepFlops.Cycle(flow);
        }

        public StrategyArm Arm { get; }

        /// <summary>First steps, and how many a turn must have.</summary>
        public void WarmUp(int threads)
        {
            _clock = new StepMeter(threads, 0, 1);
            _flow.Initialize(_batch);
            Steps(_cycle + 1);
            double start = _clock.Now;
            Steps(_cycle);
            double step = (_clock.Now - start) / _cycle;
            int wanted = (int)Math.Min(MostSteps, Math.Ceiling(TurnSeconds / Math.Max(step, 1e-9)));
            _steps = (wanted + _cycle - 1) / _cycle * _cycle;
        }

        public void Take()
        {
            if (_failure is not null) return;
            long before = GC.GetAllocatedBytesForCurrentThread();
            double start = _clock!.Now;
            Steps(_steps);
            double spent = _clock.Now - start;
            // The list's own growth is not the step's.
            _allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            _milliseconds.Add(1e3 * spent / _steps);
        }

        public CompareRecord Record(CompareCell cell, CompareSettings settings, ulong seed)
        {
            Spread? time = _failure is null ? Spread.Of(_milliseconds) : null;
            return new CompareRecord
            {
                Strategy = Arm.Label,
                Data = cell.Data.Label,
                Dimension = cell.Dimension,
                Seed = seed,
                Batch = settings.Batch,
                Training = Arm.Describe(cell.Dimension),
                Steps = _trainer.State.Step,
                Seconds = _milliseconds.Sum() * _steps / 1e3,
                StepMilliseconds = time?.Median,
                StepMillisecondsLow = time?.Low,
                StepMillisecondsHigh = time?.High,
                StepFlops = StepFlops.Of(_flow, settings.Batch),
                StepBytes = StepFlops.Bytes(_flow, settings.Batch),
                AllocatedBytes = _milliseconds.Count > 0 ? _allocated / (double)(_milliseconds.Count * _steps) : null,
                PeakBytes = StepMeter.PeakBytes(_trainer),
                Divergences = _failure is null ? 0 : 1,
                Failure = _failure,
            };
        }

        public void Dispose()
        {
            _trainer.Dispose();
            _flow.Dispose();
        }

        private void Steps(int count)
        {
            try
            {
                for (int i = 0; i < count && _failure is null; i++) _trainer.Step(_batch, default, Rate);
            }
            catch (Exception e) when (e is NonFiniteException or SingularMatrixException or NotConvergedException)
            {
                _failure = e.Message;
            }
        }
    }
}
