using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// One training step of a flow of two full matrices through the real tape and trainer. Its floor: the products' flops at the multiply-add
/// rate, and the optimiser's bytes at the triad rate of memory as large as the four planes it sweeps.
/// </summary>
internal static unsafe class StepSuite
{
    private const int Batch = 100;

    /// <summary>Adam reads p, g, m, v and writes p, m, v.</summary>
    private const double BytesPerParameter = 28;
    private static readonly int[] Widths = [64, 196, 392, 784, 1568, 3072];
    private static readonly int[] QuickWidths = [64];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings)
    {
        foreach (int d in settings.SizesOr(Widths, QuickWidths))
            foreach (string strategy in settings.Strategies)
            {
                var key = new BenchKey("step", strategy, "float", FormattableString.Invariant($"D {d}"), Batch, d, 0, settings.Threads);
                yield return new BenchPlan(key, () => Make(settings, key));
            }
    }

    /// <summary>Flops of one step's products and factorisations; 0 where the strategy's count is not known here.</summary>
    public static double Flops(string strategy, double b, double d)
    {
        int every = strategy == "stale-inverse" ? 10 : 1;
        return StepFlops.OfMatrix(strategy, every, b, d, false) + StepFlops.OfMatrix(strategy, every, b, d, true) ?? 0;
    }

    private static int MatricesPerLayer(string strategy) => strategy == "free-form" || strategy.StartsWith("snf-", StringComparison.Ordinal) ? 2 : 1;

    private static BenchCase Make(BenchSettings settings, BenchKey key)
    {
        int b = key.M, d = key.N;
        double flops = Flops(key.Kernel, b, d), parameters = 2.0 * MatricesPerLayer(key.Kernel) * d * d;
        TriadRate? triad = flops > 0 && key.Threads == 1 ? new TriadRate((long)(4 * parameters * sizeof(float))) : null;
        var what = new BenchCase(key, Math.Max(flops, 1))
        {
            // A training is steps one after the other.
            LeastCalls = 4,
            Floor = triad is null ? null : () => (flops / FmaPeak.Now<float>(FmaPeak.Width)) + (BytesPerParameter * parameters / triad.Now()),
        };
        if (triad is not null) what.Own(triad);
        IBackend<float> backend = what.Own(new SimdBackend<float>(key.Threads));
        IJacobianStrategy<float> Strategy() => JacobianRegistry.Create<float>(key.Kernel);
        var flow = what.Own(new Flow<float>(
            [new Linear<float>(d, Strategy()), new SmoothLeakyRelu<float>(d, 0.3), new Linear<float>(d, Strategy())], new StandardNormal<float>(d), 1, backend));
        // A rate of zero keeps the model where it is, however many steps are measured; the arithmetic is the same.
        var trainer = what.Own(new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = b, Schedule = LearningRateSchedule.Constant(0) }));
        var batch = new float[b * d];
        RandomFill.Gaussian<float>(1, 0, 0, batch);
        Action<int> steps = times => { for (; times > 0; times--) trainer.Step(batch); };
        what.Contenders.Add(key.Threads > 1 ? BenchContender.ManyThreads(BenchContender.Ours, steps) : BenchContender.OneThread(BenchContender.Ours, steps));
        if (key.Threads > 1)
        {
            var single = what.Own(new SimdBackend<float>(1));
            var other = what.Own(new Flow<float>(
                [new Linear<float>(d, Strategy()), new SmoothLeakyRelu<float>(d, 0.3), new Linear<float>(d, Strategy())], new StandardNormal<float>(d), 1, single));
            var second = what.Own(new FlowTrainer<float>(other, new Adam<float>(), new TrainerOptions { BatchSize = b, Schedule = LearningRateSchedule.Constant(0) }));
            what.Contenders.Add(BenchContender.ManyThreads(PeerNames.OneThread, times => { for (; times > 0; times--) second.Step(batch); }));
            return what;
        }

        if (key.Kernel is "snf-reconstruction" or "exact-lu")
            foreach (TorchPeer peer in settings.Torch)
            {
                peer.Prepare(FormattableString.Invariant($"step {key.Kernel} {b} {d}"));
                what.Contenders.Add(new BenchContender(peer.Name, peer.Run, Here: false));
            }
        return what;
    }

    /// <summary>Bytes a second of a = b + s c over three arrays of a given size in all; the better of ordinary and bypassing stores.</summary>
    private sealed class TriadRate : IDisposable
    {
        private readonly BenchMemory _memory = new();
        private readonly float* _a, _b, _c;
        private readonly nint _length;
        private readonly int _repetitions;

        public TriadRate(long bytes)
        {
            _length = Math.Max(StreamLoops.Step, (nint)(bytes / 12) / StreamLoops.Step * StreamLoops.Step);
            // At least half a megabyte a reading, so that the clock's own cost does not count.
            _repetitions = (int)Math.Max(1, 2_000_000 / (12 * _length));
            _a = _memory.Zeros<float>(_length);
            _b = _memory.Normal<float>(_length);
            _c = _memory.Normal<float>(_length);
        }

        public double Now()
        {
            double start = BenchClock.Thread;
            for (int i = 0; i < _repetitions; i++) StreamLoops.Triad(_a, _b, _c, _length);
            double middle = BenchClock.Thread;
            for (int i = 0; i < _repetitions; i++) StreamLoops.TriadNonTemporal(_a, _b, _c, _length);
            double end = BenchClock.Thread;
            return 12.0 * _length * _repetitions / Math.Min(middle - start, end - middle);
        }

        public void Dispose() => _memory.Dispose();
    }
}
