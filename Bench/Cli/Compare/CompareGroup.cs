namespace NativeFlow.Cli.Compare;

/// <summary>Everything that was measured on one data set at one dimension and batch size: what can be compared.</summary>
/// <param name="Data">As asked for.</param>
/// <param name="Dimension">Features D.</param>
/// <param name="Batch">Rows of a batch.</param>
/// <param name="Arms">One a strategy, in the order in which the comparison names them.</param>
/// <param name="Target">The validation NLL whose time of arrival is compared; NaN where no run has a curve.</param>
internal sealed record CompareGroup(string Data, int Dimension, int Batch, IReadOnlyList<CompareArm> Arms, double Target)
{
    /// <summary>Records by data, dimension and batch, in the order of their first appearance.</summary>
    public static IReadOnlyList<CompareGroup> Of(IReadOnlyList<CompareRecord> records, double? target)
    {
        string[] strategies = Strategies(records);
        var groups = new List<CompareGroup>();
        foreach (var group in records.Where(r => !r.IsCostOnly).GroupBy(r => (r.Data, r.Dimension, r.Batch)))
        {
            CompareArm[] arms = [.. group.GroupBy(r => r.Strategy).Select(g => new CompareArm(g.Key, Array.IndexOf(strategies, g.Key), [.. g])).OrderBy(a => a.Style)];
            groups.Add(new CompareGroup(group.Key.Data, group.Key.Dimension, group.Key.Batch, arms, target ?? UpperMedian(arms)));
        }

        return groups;
    }

    /// <summary>Strategies in the order of their first appearance.</summary>
    public static string[] Strategies(IReadOnlyList<CompareRecord> records) => [.. records.Select(r => r.Strategy).Distinct()];

    /// <summary>The arm with the least of some mean, among those that may be named best; null without any.</summary>
    public CompareArm? Least(Func<CompareArm, SeedSpread> number, Func<CompareArm, bool> mayWin)
    {
        CompareArm? least = null;
        foreach (CompareArm arm in Arms)
            if (mayWin(arm) && number(arm).IsKnown && (least is null || number(arm).Mean < number(least).Mean)) least = arm;
        return least;
    }

    // Half of the strategies get there, whatever one that went astray did.
    private static double UpperMedian(CompareArm[] arms)
    {
        double[] lowest = [.. arms.Where(a => a.LowestNll.IsKnown).Select(a => a.LowestNll.Mean).Order()];
        return lowest.Length == 0 ? double.NaN : lowest[lowest.Length / 2];
    }
}
