using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary>
/// One training step of a flow of two full matrices on a device, through the real tape and trainer: the batch goes up, the losses of all steps of a turn come down
/// together. Its floor: the products' flops at the peak, and the bytes that Adam and the parameters move at the memory's rate.
/// </summary>
internal static class GpuStepSuite
{
    // D = 256 to 8192 at batch 100 is the paper's figure; 784, 1568 and 3072 are images.
    private static readonly int[] Widths = [256, 512, 784, 1024, 1568, 2048, 3072, 4096, 8192], QuickWidths = [6, 9];
    private static readonly int[] LargeBatchWidths = [784, 1568, 3072, 8192];

    private const int Batch = 100, LargeBatch = 1024, QuickBatch = 5, MostSteps = 256;

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings, GpuBenchDevice device)
    {
        foreach (int d in settings.SizesOr(Widths, QuickWidths))
            foreach (string strategy in settings.Strategies)
                yield return Plan(device, strategy, settings.Quick ? QuickBatch : Batch, d);
        if (settings.Quick) yield break;
        foreach (int d in settings.SizesOr(LargeBatchWidths, []))
            foreach (string strategy in settings.Strategies)
                yield return Plan(device, strategy, LargeBatch, d);
    }

    private static BenchPlan Plan(GpuBenchDevice device, string strategy, int batch, int d)
    {
        var key = new BenchKey("gpu-step", strategy, "float", FormattableString.Invariant($"B {batch} D {d}"), batch, d, 0);
        return new BenchPlan(key, () => Make(device, key));
    }

    private static BenchCase Make(GpuBenchDevice device, BenchKey key)
    {
        (int b, int d) = (key.M, key.N);
        IJacobianStrategy<float> Strategy() => JacobianRegistry.Create<float>(key.Kernel);
        var flow = new Flow<float>([new Linear<float>(d, Strategy()), new SmoothLeakyRelu<float>(d, 0.3), new Linear<float>(d, Strategy())], new StandardNormal<float>(d), 1, device.Backend);
        // A rate of zero keeps the model where it is, however many steps are measured; the arithmetic is the same.
        var trainer = new FlowTrainer<float>(flow, new Adam<float>(), new TrainerOptions { BatchSize = b, ReportEvery = MostSteps, Schedule = LearningRateSchedule.Constant(0) });
        double flops = StepFlops.Of(flow, b) ?? 0, bytes = StepFlops.Bytes(flow, b);
        var what = new BenchCase(key, Math.Max(flops, 1))
        {
            // Whole refreshes of a cached inverse.
            LeastCalls = StepFlops.Cycle(flow),
            Floor = device.Peak is { } peak && flops > 0 ? () => (flops / peak.Flops) + (bytes / peak.Bytes) : null,
        };
        what.Own(flow);
        what.Own(trainer);
        var batch = new float[b * d];
        RandomFill.Gaussian<float>(1, 0, 0, batch);
        what.Contenders.Add(device.Contender(BenchContender.Ours, times =>
        {
            for (int i = 1; i <= times; i++)
            {
                trainer.Advance(batch, default, 0);
                if (i % MostSteps == 0) trainer.Report();
            }

            trainer.Report();
        }));
        if (key.Kernel is "snf-reconstruction" or "exact-lu")
            foreach (TorchPeer peer in device.Torch)
            {
                peer.Prepare(FormattableString.Invariant($"step {key.Kernel} {b} {d}"));
                what.Contenders.Add(new BenchContender(peer.Name, peer.Run, Here: false));
            }
        return what;
    }
}
