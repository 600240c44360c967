using NativeFlow.Cli.Compare;
using NativeFlow.Cli.Devices;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Cli;

/// <summary>Measures products and training steps on a device, beside PyTorch on the same one, and fits what a step costs against D.</summary>
internal static class GpuBench
{
    /// <summary>Those that 'bench gpu' measures unless told otherwise; the first is what the others are held against.</summary>
    public static IReadOnlyList<string> Strategies { get; } = ["exact-lu", "snf-published", "snf-reconstruction", "relative", "stale-inverse", "newton-schulz"];

    public static GpuBenchResult Run(
        BenchSettings settings, BenchRace race, DeviceChoice choice, GpuPeak? peak, bool withPeers, string? python, string command, TextWriter error, CancellationToken stop)
    {
        DateTimeOffset started = DateTimeOffset.UtcNow;
        double load = BenchMachine.LoadAverage();
        var progress = new BenchProgress(error);
        List<string> notes = [];
        if (settings.Quick) notes.Add("quick: figures show that it works and are not to be kept");
        IReadOnlyList<TorchPeer> torch = [];
        if (withPeers)
        {
            progress.Say("looking for PyTorch");
            (torch, IReadOnlyList<string> missing) = TorchPeer.LoadGpu(python);
            notes.AddRange(missing);
        }

        using var device = new GpuBenchDevice(choice.Make<float>(0), peak, torch);
        notes.Add(device.Peak is { } limit ? $"limits of the device: {limit}" : "the device's limits are not known here, so there are no shares of them: give --peak");
        BenchPlan[] plans = [.. GpuProductSuite.Plans(settings, device).Concat(GpuStepSuite.Plans(settings, device)).Where(p => settings.Only is null || p.Key.Label.Contains(settings.Only, StringComparison.OrdinalIgnoreCase))];
        if (plans.Length == 0) throw new BadInputException($"bench: no row is left whose name contains {BadInputException.Quote(settings.Only ?? "")}; a name is like 'gpu-gemm NT 100x784x784 float'.");
        List<BenchRow> rows = [];
        for (int i = 0; i < plans.Length && !stop.IsCancellationRequested; i++)
        {
            progress.Row(i, plans.Length, plans[i].Key.Label);
            using BenchCase what = plans[i].Make();
            if (race.Run(what, stop) is { } row) rows.Add(row);
        }

        progress.Clear();
        (int Batch, IReadOnlyList<CostCurve> Curves)[] curves = [.. Curves(rows)];
        foreach ((int batch, IReadOnlyList<CostCurve> at) in curves) notes.AddRange(Findings(batch, at));
        var report = new BenchReport
        {
            Machine = BenchMachine.Read(),
            Command = command,
            Pinned = "not pinned",
            Clock = "wall clock, read when the device has done all",
            Started = started,
            LoadBefore = load,
            LoadAfter = BenchMachine.LoadAverage(),
            Peers = [("device", device.Backend.Name), (BenchContender.Ours, $"NativeFlow {typeof(GpuBench).Assembly.GetName().Version}"), .. torch.Select(p => (p.Name, p.About))],
            Notes = notes,
            Rates = [],
            Rows = rows,
            Stopped = rows.Count < plans.Length,
        };
        return new GpuBenchResult(report, curves);
    }

    // One curve for ours of each strategy, and one for PyTorch's where it was measured.
    private static IEnumerable<(int, IReadOnlyList<CostCurve>)> Curves(IReadOnlyList<BenchRow> rows)
    {
        foreach (IGrouping<int, BenchRow> batch in rows.Where(r => r.Key.Suite == "gpu-step").GroupBy(r => r.Key.M).OrderBy(g => g.Key))
        {
            var curves = new List<CostCurve>();
            foreach (IGrouping<string, BenchRow> strategy in batch.GroupBy(r => r.Key.Kernel))
                foreach (string by in strategy.SelectMany(r => r.Entries).Select(e => e.Name).Distinct())
                {
                    (double X, double Y)[] times = [.. strategy.OrderBy(r => r.Key.N).SelectMany(r => r.Entries.Where(e => e.Name == by).Select(e => ((double)r.Key.N, 1e3 * e.Seconds.Median)))];
                    (double X, double Y)[] flops = [.. strategy.OrderBy(r => r.Key.N).Where(r => r.Work > 1).Select(r => ((double)r.Key.N, r.Work))];
                    curves.Add(new CostCurve(by == BenchContender.Ours ? strategy.Key : $"{strategy.Key}, {by}", curves.Count, times, flops));
                }

            yield return (batch.Key, curves);
        }
    }

    private static IEnumerable<string> Findings(int batch, IReadOnlyList<CostCurve> curves)
    {
        CostCurve? exact = curves.FirstOrDefault(c => c.Strategy == Strategies[0]);
        foreach (CostCurve curve in curves)
        {
            if (curve.Fit is not { } fit) continue;
            string line = FormattableString.Invariant($"batch {batch}, {curve.Strategy}: step time grows as D^{fit.Exponent:F2}");
            if (exact is null || curve == exact)
            {
                yield return line;
                continue;
            }

            (double Dimension, bool CheaperAbove)[] crossings = [.. curve.Crossings(exact)];
            string against = crossings.Length > 0
                ? string.Join(", ", crossings.Select(c => FormattableString.Invariant($"{(c.CheaperAbove ? "cheaper" : "dearer")} than {exact.Strategy} from D = {c.Dimension:F0} on")))
                : curve.Milliseconds.All(p => exact.At(p.X) is { } other && p.Y < other) ? $"cheaper than {exact.Strategy} at every D measured"
                : curve.Milliseconds.All(p => exact.At(p.X) is { } other && p.Y >= other) ? $"dearer than {exact.Strategy} at every D measured" : $"not measured at the same D as {exact.Strategy}";
            yield return $"{line}; {against}";
        }
    }
}
