namespace NativeFlow.Cli;

/// <summary>Median and quartiles over rounds.</summary>
/// <param name="Median">Half of the rounds lie below.</param>
/// <param name="Low">Lower quartile.</param>
/// <param name="High">Upper quartile.</param>
internal readonly record struct Spread(double Median, double Low, double High)
{
    /// <summary>Of a non-empty list, interpolated between neighbours.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(At(sorted, 0.5), At(sorted, 0.25), At(sorted, 0.75));
    }

    private static double At(double[] sorted, double share)
    {
        double place = share * (sorted.Length - 1);
        int below = (int)place, above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
