namespace NativeFlow.Cli.Compare;

/// <summary>What a strategy's step costs against the dimension, over all data sets at one batch size.</summary>
/// <param name="Strategy">As asked for.</param>
/// <param name="Style">Its place in the comparison.</param>
/// <param name="Milliseconds">(D, mean milliseconds of a step over seeds and data sets), by rising D.</param>
/// <param name="Flops">(D, flops of a step by formula), by rising D; empty where none is known.</param>
internal sealed record CostCurve(string Strategy, int Style, IReadOnlyList<(double X, double Y)> Milliseconds, IReadOnlyList<(double X, double Y)> Flops)
{
    public PowerLaw? Fit { get; } = PowerLaw.Fit(Milliseconds);

    public PowerLaw? FlopFit { get; } = PowerLaw.Fit(Flops);

    /// <summary>One a strategy that has a step time at all.</summary>
    public static IReadOnlyList<CostCurve> Of(IReadOnlyList<CompareRecord> records, int batch)
    {
        string[] strategies = CompareGroup.Strategies(records);
        var curves = new List<CostCurve>();
        for (int s = 0; s < strategies.Length; s++)
        {
            CompareRecord[] runs = [.. records.Where(r => r.Batch == batch && r.Strategy == strategies[s] && (r.IsCostOnly || CompareArm.HasFinished(r)))];
            IReadOnlyList<(double, double)> times = ByDimension(runs, r => r.StepMilliseconds);
            if (times.Count > 0) curves.Add(new CostCurve(strategies[s], s, times, ByDimension(runs, r => r.StepFlops)));
        }

        return curves;
    }

    /// <summary>Milliseconds at a measured dimension; null where there was no run.</summary>
    public double? At(double dimension) => Milliseconds.Where(p => p.X == dimension).Select(p => (double?)p.Y).FirstOrDefault();

    /// <summary>The dimensions at which this strategy's step time crosses another's, between neighbours that both were measured at, straight lines on log-log axes; with whether this one is the cheaper above.</summary>
    public IReadOnlyList<(double Dimension, bool CheaperAbove)> Crossings(CostCurve other)
    {
        (double X, double Ratio)[] shared = [.. Milliseconds.Where(p => other.At(p.X) is not null).Select(p => (p.X, Math.Log(p.Y / other.At(p.X)!.Value)))];
        var found = new List<(double, bool)>();
        for (int i = 1; i < shared.Length; i++)
        {
            ((double x0, double r0), (double x1, double r1)) = (shared[i - 1], shared[i]);
            if (r0 < 0 == r1 < 0) continue;
            double share = r0 / (r0 - r1);
            found.Add((Math.Exp(Math.Log(x0) + share * Math.Log(x1 / x0)), r1 < 0));
        }

        return found;
    }

    private static IReadOnlyList<(double, double)> ByDimension(CompareRecord[] runs, Func<CompareRecord, double?> number) =>
        [.. runs.GroupBy(r => r.Dimension).OrderBy(g => g.Key).Select(g => (X: (double)g.Key, Y: SeedSpread.Of(g.Select(number)))).Where(p => p.Y.IsKnown && p.Y.Mean > 0).Select(p => (p.X, p.Y.Mean))];
}
