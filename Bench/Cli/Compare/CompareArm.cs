namespace NativeFlow.Cli.Compare;

/// <summary>The runs of one strategy on one data set, which differ in their seeds only.</summary>
/// <param name="Strategy">As asked for.</param>
/// <param name="Style">Its place in the comparison, hence its colour.</param>
/// <param name="Runs">At least one.</param>
internal sealed record CompareArm(string Strategy, int Style, IReadOnlyList<CompareRecord> Runs)
{
    /// <summary>Runs that came to an end with a finite test NLL. Only they enter means.</summary>
    public IReadOnlyList<CompareRecord> Finished { get; } = [.. Runs.Where(HasFinished)];

    public int Diverged => Runs.Count(r => r.Divergences > 0);

    /// <summary>Runs without a number for another reason.</summary>
    public int Failed => Runs.Count - Finished.Count - Diverged;

    public bool IsWhole => Finished.Count == Runs.Count;

    public SeedSpread TestNll => SeedSpread.Of(Finished.Select(r => r.TestNll));

    public SeedSpread StepMilliseconds => SeedSpread.Of(Finished.Select(r => r.StepMilliseconds));

    /// <summary>Lowest validation NLL of each run.</summary>
    public SeedSpread LowestNll => SeedSpread.Of(Finished.Select(r => Lowest(r)));

    /// <summary>Cosine at the last look that measured one.</summary>
    public SeedSpread LastCosine => SeedSpread.Of(Finished.Select(LastCosineOf));

    /// <summary>Mean and spread over the finished runs of any number of theirs.</summary>
    public SeedSpread Over(Func<CompareRecord, double?> number) => SeedSpread.Of(Finished.Select(number));

    /// <summary>Seconds of training until the first look whose validation NLL is at most <paramref name="target"/>, over the finished runs that got there.</summary>
    public SeedSpread SecondsTo(double target) => SeedSpread.Of(Finished.Select(r => SecondsTo(r, target)));

    public static bool HasFinished(CompareRecord run) => run.Divergences == 0 && run.TestNll is { } nll && double.IsFinite(nll);

    /// <summary>Of one run; null where none was measured.</summary>
    public static double? LastCosineOf(CompareRecord run)
    {
        for (int i = run.Curve.Count - 1; i >= 0; i--)
            if (double.IsFinite(run.Curve[i].Cosine)) return run.Curve[i].Cosine;
        return null;
    }

    private static double? SecondsTo(CompareRecord run, double target)
    {
        foreach (ComparePoint point in run.Curve)
            if (point.Nll <= target) return point.Seconds;
        return null;
    }

    private static double? Lowest(CompareRecord run)
    {
        double[] known = [.. run.Curve.Where(p => double.IsFinite(p.Nll)).Select(p => p.Nll)];
        return known.Length == 0 ? null : known.Min();
    }
}
