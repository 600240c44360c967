using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Matrix products on a device: squares, and the three products of a linear layer's step.</summary>
internal static class GpuProductSuite
{
    private static readonly int[] Squares = [1024, 2048, 4096, 8192], QuickSquares = [16];
    private static readonly int[] Widths = [784, 1568, 3072, 8192], QuickWidths = [24];
    private static readonly int[] Batches = [100, 1024], QuickBatches = [5];

    public static IEnumerable<BenchPlan> Plans(BenchSettings settings, GpuBenchDevice device)
    {
        foreach (int n in settings.SizesOr(Squares, QuickSquares))
            foreach (string form in (string[])["NN", "NT", "TN"])
                yield return Plan(device, form, n, n, n);
        foreach (int d in settings.SizesOr(Widths, QuickWidths))
            foreach (int batch in settings.Quick ? QuickBatches : Batches)
                foreach (string form in (string[])["NT", "NN", "TN"])
                    yield return form == "TN" ? Plan(device, form, d, d, batch) : Plan(device, form, batch, d, d);
    }

    private static BenchPlan Plan(GpuBenchDevice device, string form, int m, int n, int k)
    {
        var key = new BenchKey("gpu-gemm", form, "float", FormattableString.Invariant($"{m}x{n}x{k}"), m, n, k);
        return new BenchPlan(key, () => Make(device, key));
    }

    private static BenchCase Make(GpuBenchDevice device, BenchKey key)
    {
        (int m, int n, int k) = (key.M, key.N, key.K);
        double work = 2.0 * m * n * k;
        var what = new BenchCase(key, work) { Floor = device.Peak is { } peak ? () => work / peak.Flops : null };
        IBackend<float> backend = device.Backend;
        var slices = what.Own(new GpuBenchSlices(backend));
        Slice a = slices.Normal(m * k, 1), b = slices.Normal(k * n, 2), c = slices.Normal(m * n, 3);
        var args = new GemmArgs(m, n, k, a, b, c) { TransposeA = key.Kernel[0] == 'T', TransposeB = key.Kernel[1] == 'T' };
        foreach ((string name, Action choose) in device.Precisions)
            what.Contenders.Add(device.Contender(name, times =>
            {
                choose();
                for (; times > 0; times--) backend.Gemm(args);
                // Steps are in full precision.
                device.Precisions[0].Choose();
            }));
        foreach (TorchPeer peer in device.Torch)
        {
            peer.Prepare(FormattableString.Invariant($"gemm {key.Kernel} {m} {n} {k}"));
            what.Contenders.Add(new BenchContender(peer.Name, peer.Run, Here: false));
        }

        return what;
    }
}
