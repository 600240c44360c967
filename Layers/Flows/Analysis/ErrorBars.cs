namespace NativeFlow.Layers;

/// <summary>How many standard errors count as a contradiction.</summary>
internal static class ErrorBars
{
    /// <summary>
    /// The bound of Student's t with the tail that <paramref name="sigmas"/> standard errors of a normal have (Cornish-Fisher to second order in 1 / degrees of freedom).
    /// </summary>
    public static double Bound(double sigmas, int draws)
    {
        double n = Math.Max(1, draws - 1), z = sigmas, z3 = z * z * z, z5 = z3 * z * z;
        return z + ((z3 + z) / (4 * n)) + (((5 * z5) + (16 * z3) + (3 * z)) / (96 * n * n));
    }

    /// <summary>Of a single comparison.</summary>
    public const double One = 4;

    /// <summary>Of the largest of about ten, with the tail of <see cref="One"/> for all together.</summary>
    public const double LargestOfTen = 4.5;

    /// <summary>Mean and standard error.</summary>
    public static (double Mean, double Error) Of(ReadOnlySpan<double> values)
    {
        double mean = 0, square = 0;
        for (int i = 0; i < values.Length; i++)
        {
            double change = values[i] - mean;
            mean += change / (i + 1);
            square += change * (values[i] - mean);
        }
        return (mean, Math.Sqrt(square / Math.Max(1, values.Length - 1) / values.Length));
    }
}
