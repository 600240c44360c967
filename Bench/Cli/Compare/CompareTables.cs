using System.Globalization;

namespace NativeFlow.Cli.Compare;

/// <summary>The tables of a comparison, the same in HTML and in Markdown.</summary>
internal static class CompareTables
{
    /// <summary>Where the comparison ran and with what, as names and values.</summary>
    public static IReadOnlyList<(string Name, string Value)> Configuration(CompareReportHeader header, IReadOnlyList<CompareRecord> records)
    {
        var lines = new List<(string, string)>
        {
            ("model", header.Model),
            ("budget of a run", header.Budget),
            ("strategies", Distinct(records, r => r.Strategy)),
            ("data", Distinct(records, r => r.Data)),
            ("dimensions D", Distinct(records, r => Number(r.Dimension))),
            ("seeds", Distinct(records, r => r.Seed.ToString(CultureInfo.InvariantCulture))),
            ("batch", Distinct(records, r => Number(r.Batch))),
            ("training", string.Join("; ", records.Select(r => $"{r.Strategy}: {r.Training}").Distinct())),
            ("machine", header.Machine),
            ("versions", header.Versions),
        };
        lines.AddRange(header.More);
        return [.. lines.Select(l => (l.Item1, ReportNumber.WithoutFolders(l.Item2)))];
    }

    /// <summary>What came out, one line a strategy.</summary>
    public static ReportTable Results(CompareGroup group, string? reference)
    {
        CompareArm? best = group.Least(a => a.TestNll, a => a.IsWhole), quickest = group.Least(a => a.StepMilliseconds, _ => true);
        CompareArm? first = group.Least(a => a.SecondsTo(group.Target), a => a.IsWhole && a.SecondsTo(group.Target).Count == a.Runs.Count);
        CompareArm? exact = group.Arms.FirstOrDefault(a => a.Strategy == reference);
        bool tie = false;
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (CompareArm arm in group.Arms)
        {
            bool near = best is not null && arm != best && arm.IsWhole && IsNear(arm.TestNll, best.TestNll);
            tie |= near;
            double ratio = exact is null ? double.NaN : arm.StepMilliseconds.Mean / exact.StepMilliseconds.Mean;
            rows.Add(
            [
                ReportNumber.WithoutFolders(arm.Strategy),
                new ReportCell(Nll(arm) + (near ? " ≈" : ""), arm == best, !arm.IsWhole),
                new ReportCell(ReportNumber.WithSpread(arm.StepMilliseconds, 4), arm == quickest),
                double.IsNaN(ratio) ? ReportCell.None : ReportNumber.Short(ratio, 3),
                new ReportCell(Arrival(arm, group.Target), arm == first),
                ReportNumber.Short(arm.Over(r => r.Steps).Mean is var steps && double.IsNaN(steps) ? null : steps, 6),
                Spread(arm, r => r.Seconds),
                new ReportCell($"{arm.Diverged} of {arm.Runs.Count}", IsBad: arm.Diverged > 0),
            ]);
        }

        string note = $"Means over {Seeds(group)}; ± is the standard deviation over the seeds. ★ least of its column (of NLL and time to the level only where every run has it)."
            + (tie ? " ≈ within two standard errors of the best: these runs do not tell them apart." : "")
            + (double.IsNaN(group.Target) ? "" : $" Time to NLL: seconds of training until the first look at which the validation NLL is {ReportNumber.Short(group.Target, 6)} nats or less.")
            + " A diverged run has no NLL and enters no mean.";
        string level = double.IsNaN(group.Target) ? "time to NLL, s" : $"s to NLL {ReportNumber.Short(group.Target, 6)}";
        return new ReportTable(
            "Results: " + Name(group), note,
            ["strategy", "test NLL, nats", "step, ms", reference is null ? "step ratio" : $"step / {ReportNumber.WithoutFolders(reference)}", level, "steps", "training, s", "diverged"], 1, rows);
    }

    /// <summary>What lies behind it.</summary>
    public static ReportTable Diagnostics(CompareGroup group)
    {
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (CompareArm arm in group.Arms)
        {
            rows.Add(
            [
                ReportNumber.WithoutFolders(arm.Strategy),
                ReportNumber.WithSpread(arm.LastCosine, 5), Spread(arm, r => r.Reconstruction), Spread(arm, r => r.Bias), Spread(arm, r => r.Variance),
                ReportNumber.Short(Mean(arm, r => r.StepFlops)), ReportNumber.Bytes(Mean(arm, r => r.StepBytes)),
                ReportNumber.Bytes(Mean(arm, r => r.AllocatedBytes)), ReportNumber.Bytes(Mean(arm, r => r.PeakBytes)),
            ]);
        }

        return new ReportTable(
            "Behind them: " + Name(group),
            "Cosine: between the strategy's gradient and the exact one at the last look; that of relative, a gradient in another metric, is no measure of its quality. Reconstruction: mean |R W x − x|² in the last step. Bias and variance: of the objective's log-determinant against the exact one, at the end. Flops and bytes: by formula. – where a strategy has no such number.",
            ["strategy", "final cosine", "reconstruction", "bias, nats", "variance, nats²", "flops a step", "bytes a step", "allocated a step", "peak memory"], 1, rows);
    }

    /// <summary>Milliseconds of a step by dimension, and what share of the processor's work they are by the flop formula.</summary>
    public static ReportTable Times(IReadOnlyList<CompareRecord> records, int batch)
    {
        int[] dimensions = [.. records.Where(r => r.Batch == batch && r.StepMilliseconds is not null).Select(r => r.Dimension).Distinct().Order()];
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (string strategy in CompareGroup.Strategies(records))
        {
            var row = new List<ReportCell> { ReportNumber.WithoutFolders(strategy) };
            foreach (int d in dimensions)
            {
                CompareRecord[] runs = [.. records.Where(r => r.Batch == batch && r.Strategy == strategy && r.Dimension == d && r.StepMilliseconds is not null)];
                row.Add(runs.Length == 0 ? ReportCell.None : ReportNumber.Short(runs.Average(r => r.StepMilliseconds), 3)
                    + (runs.Length == 1 && runs[0].StepMillisecondsLow is { } low && runs[0].StepMillisecondsHigh is { } high ? $" ({ReportNumber.Short(low, 3)} to {ReportNumber.Short(high, 3)})" : ""));
            }

            foreach (int d in dimensions.Take(1).Concat(dimensions.TakeLast(1)).Distinct())
            {
                CompareRecord? run = records.FirstOrDefault(r => r.Batch == batch && r.Strategy == strategy && r.Dimension == d && r.StepMilliseconds is not null);
                row.Add(run?.StepFlops is { } flops ? ReportNumber.Short(flops / run.StepMilliseconds / 1e6, 3) : ReportCell.None);
            }

            rows.Add(row);
        }

        return new ReportTable(
            $"Milliseconds of a step, batch {Number(batch)}",
            "Median (quartiles). Gflop/s: flops by formula, products and factorisations alone, over the time of the whole step, optimiser included.",
            ["strategy", .. dimensions.Select(d => $"D = {Number(d)}"), .. dimensions.Take(1).Concat(dimensions.TakeLast(1)).Distinct().Select(d => $"Gflop/s, D = {Number(d)}")], 1, rows);
    }

    /// <summary>Exponents of cost against dimension: fitted, between neighbours, and by the formula; null with fewer than two dimensions.</summary>
    public static ReportTable? Exponents(IReadOnlyList<CostCurve> curves, int batch)
    {
        double[] dimensions = [.. curves.SelectMany(c => c.Milliseconds).Select(p => p.X).Distinct().Order()];
        if (dimensions.Length < 2) return null;
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (CostCurve curve in curves)
        {
            var row = new List<ReportCell> { ReportNumber.WithoutFolders(curve.Strategy), ReportNumber.Short(curve.Fit?.Exponent, 3), ReportNumber.Short(curve.FlopFit?.Exponent, 3) };
            for (int i = 1; i < dimensions.Length; i++)
                row.Add(curve.At(dimensions[i - 1]) is { } low && curve.At(dimensions[i]) is { } high ? ReportNumber.Short(PowerLaw.Local((dimensions[i - 1], low), (dimensions[i], high)), 3) : ReportCell.None);
            rows.Add(row);
        }

        return new ReportTable(
            $"Exponent of a step's time against D, batch {Number(batch)}",
            "Fitted: least squares of log ms on log D. Then the exponent between neighbouring D. By counting flops, work on the batch grows with D² and an exact determinant with D³; caches, vector units and fixed costs make the difference.",
            ["strategy", "fitted", "flops fitted", .. dimensions.Skip(1).Select((d, i) => $"{Number(dimensions[i])}→{Number(d)}")], 1, rows);
    }

    /// <summary>Times of a step against the reference's; null without the reference.</summary>
    public static ReportTable? Ratios(IReadOnlyList<CostCurve> curves, string? reference, int batch)
    {
        CostCurve? exact = curves.FirstOrDefault(c => c.Strategy == reference);
        if (exact is null || curves.Count < 2) return null;
        double[] dimensions = [.. exact.Milliseconds.Select(p => p.X)];
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (CostCurve curve in curves.Where(c => c != exact))
        {
            var row = new List<ReportCell> { ReportNumber.WithoutFolders(curve.Strategy) };
            row.AddRange(dimensions.Select(d => curve.At(d) is { } ms ? new ReportCell(ReportNumber.Short(ms / exact.At(d)!.Value, 3), IsBest: ms < exact.At(d)) : ReportCell.None));
            row.Add(Break(curve, exact));
            rows.Add(row);
        }

        string name = ReportNumber.WithoutFolders(reference!);
        return new ReportTable(
            $"Where {name} wins: step time over that of {name}, batch {Number(batch)}",
            $"Above 1, {name} is the quicker one; ★ where it is not. The last column is the measured crossing, interpolated on log-log axes. By counting flops, an exact determinant and gradient cost as much as the layer's own work on the batch at D = 3B = {Number(3 * batch)}.",
            ["strategy", .. dimensions.Select(d => $"D = {Number(d)}"), $"against {name}"], 1, rows);
    }

    /// <summary>Every run as it was recorded.</summary>
    public static ReportTable Runs(IReadOnlyList<CompareRecord> records)
    {
        var rows = new List<IReadOnlyList<ReportCell>>();
        foreach (CompareRecord r in records)
        {
            string failure = r.Failure is null ? "" : ReportNumber.WithoutFolders(r.Failure);
            rows.Add(
            [
                ReportNumber.WithoutFolders(r.Strategy), ReportNumber.WithoutFolders(r.Data), failure,
                Number(r.Dimension), r.Seed.ToString(CultureInfo.InvariantCulture), Number(r.Steps), Wide(r.Seconds),
                CompareArm.HasFinished(r) ? Wide(r.TestNll) : new ReportCell(r.Divergences > 0 ? "diverged" : "none", IsBad: true), CompareArm.HasFinished(r) ? Wide(r.TestNllError) : ReportCell.None,
                Wide(r.StepMilliseconds), Wide(CompareArm.LastCosineOf(r)), Wide(r.Reconstruction), Wide(r.Bias), Wide(r.Variance), Number(r.Divergences),
                Wide(r.StepFlops), Wide(r.StepBytes), Wide(r.AllocatedBytes), r.PeakBytes is { } peak ? Number(peak) : ReportCell.None,
            ]);
        }

        return new ReportTable(
            "Every run", "± rows: standard error over the test rows. Bytes are bytes. Curves are in the comparison's JSON lines.",
            ["strategy", "data", "what went wrong", "D", "seed", "steps", "training, s", "test NLL", "± rows", "step, ms", "cosine", "reconstruction", "bias", "variance", "divergences", "flops", "bytes", "allocated", "peak"], 3, rows);
    }

    public static string Name(CompareGroup group) => $"{ReportNumber.WithoutFolders(group.Data)}, D = {Number(group.Dimension)}, batch {Number(group.Batch)}";

    private static string Nll(CompareArm arm)
    {
        string number = ReportNumber.WithSpread(arm.TestNll);
        if (arm.IsWhole) return number;
        string gone = string.Join(", ", new[] { (arm.Diverged, "diverged"), (arm.Failed, "failed") }.Where(p => p.Item1 > 0)
            .Select(p => p.Item1 == arm.Runs.Count ? p.Item2 : $"{p.Item1} of {arm.Runs.Count} {p.Item2}"));
        return arm.Finished.Count == 0 ? gone : $"{gone}; the rest {number}";
    }

    private static string Arrival(CompareArm arm, double target)
    {
        if (arm.Finished.Count == 0 || double.IsNaN(target) || arm.Finished.All(r => r.Curve.Count == 0)) return ReportCell.None;
        SeedSpread seconds = arm.SecondsTo(target);
        if (!seconds.IsKnown) return "not reached";
        string number = ReportNumber.WithSpread(seconds, 4);
        return seconds.Count == arm.Runs.Count ? number : $"{number} ({seconds.Count} of {arm.Runs.Count})";
    }

    private static string Break(CostCurve curve, CostCurve exact)
    {
        IReadOnlyList<(double Dimension, bool CheaperAbove)> crossings = curve.Crossings(exact);
        if (crossings.Count > 0) return string.Join(", ", crossings.Select(c => $"{(c.CheaperAbove ? "cheaper" : "dearer")} above D ≈ {ReportNumber.Short(c.Dimension, 3)}"));
        (double X, double Y)[] shared = [.. curve.Milliseconds.Where(p => exact.At(p.X) is not null)];
        return shared.Length == 0 ? ReportCell.None : shared[0].Y < exact.At(shared[0].X) ? "cheaper at every D" : "dearer at every D";
    }

    // Two standard errors of the difference; nothing can be said from one seed.
    private static bool IsNear(SeedSpread a, SeedSpread best) => a.IsKnown && a.Mean - best.Mean <= 2 * Math.Sqrt(a.Error * a.Error + best.Error * best.Error);

    private static string Seeds(CompareGroup group) => group.Arms.Max(a => a.Runs.Count) is var n && n == 1 ? "one seed" : $"{n} seeds";

    private static ReportCell Spread(CompareArm arm, Func<CompareRecord, double?> number) => ReportNumber.WithSpread(arm.Over(number), 4);

    private static double? Mean(CompareArm arm, Func<CompareRecord, double?> number) => arm.Over(number) is { IsKnown: true } spread ? spread.Mean : null;

    private static string Wide(double? value) => ReportNumber.Short(value, 6);

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static string Distinct(IReadOnlyList<CompareRecord> records, Func<CompareRecord, string> value) => string.Join(", ", records.Select(value).Distinct());
}
