namespace NativeFlow.Cli.Compare;

/// <summary>Mean over the seeds of a number, and how far they lie apart.</summary>
/// <param name="Mean">NaN where there is no number.</param>
/// <param name="Deviation">Standard deviation over the seeds (n - 1); NaN for fewer than two.</param>
/// <param name="Count">Seeds that have the number.</param>
internal readonly record struct SeedSpread(double Mean, double Deviation, int Count)
{
    public bool IsKnown => Count > 0;

    /// <summary>Standard error of the mean; NaN for fewer than two seeds.</summary>
    public double Error => Deviation / Math.Sqrt(Count);

    /// <summary>Of the numbers that are there and finite.</summary>
    public static SeedSpread Of(IEnumerable<double?> values)
    {
        double[] known = [.. values.Where(v => v is { } x && double.IsFinite(x)).Select(v => v!.Value)];
        if (known.Length == 0) return new SeedSpread(double.NaN, double.NaN, 0);
        double mean = known.Sum() / known.Length;
        double square = known.Sum(v => (v - mean) * (v - mean));
        return new SeedSpread(mean, known.Length > 1 ? Math.Sqrt(square / (known.Length - 1)) : double.NaN, known.Length);
    }
}
