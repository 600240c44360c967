using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// How many terms of an infinite series are computed, and what they weigh so that the mean is the whole series: the first <see cref="Exact"/> terms always
/// with weight 1, then one more with chance 1 - p again and again; term Exact + j weighs 1 / P(it is computed) = (1 - p)^-j.
/// </summary>
/// <remarks>The second moment is finite only where (1 - p) is above rho^2, rho the ratio of successive terms; with 1 - p at or below it the sample looks calm and is worthless. Source: Kahn 1955; Chen et al. 2019.</remarks>
public readonly record struct RussianRoulette
{
    /// <summary>Longest series that can be drawn; a draw reaches this far with a chance below 2^-53.</summary>
    public const int MostTerms = 2048;

    /// <summary>Makes the rule.</summary>
    /// <param name="stop">Chance p of stopping after each further term.</param>
    /// <param name="exact">Terms that are always computed.</param>
    /// <param name="ratio">Bound rho on the ratio of successive terms: the Lipschitz constant of the map.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the variance would be infinite.</exception>
    public RussianRoulette(double stop, int exact, double ratio)
    {
        if (!(stop > 0 && stop < 1)) throw new ArgumentException($"stop is {stop}; it must lie between 0 and 1.");
        if (exact < 0) throw new ArgumentException($"exact_terms is {exact}; it must be at least 0.");
        if (!(1 - stop > ratio * ratio))
            throw new ArgumentException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"stop is {stop} with a Lipschitz constant of {ratio}: the estimate has infinite variance; stop must be below 1 - c^2 = {1 - (ratio * ratio)}."));
        if (exact + (37 / -Math.Log(1 - stop)) > MostTerms)
            throw new ArgumentException($"stop is {stop}, exact_terms is {exact}: a series could be longer than {MostTerms} terms; raise stop or lower exact_terms.");
        (Stop, Exact) = (stop, exact);
    }

    /// <summary>Chance p of stopping after each further term.</summary>
    public double Stop { get; }

    /// <summary>Terms that are always computed.</summary>
    public int Exact { get; }

    /// <summary>A stopping chance with finite variance for every ratio below 0.99: 1 - ratio, at least 0.02.</summary>
    public static double DefaultStop(double ratio) => Math.Clamp(1 - ratio, 0.02, 0.9);

    /// <summary>Number of terms: a function of (key, stream) alone. P(n >= Exact + j) = (1 - p)^j.</summary>
    public int Draw(ulong key, ulong stream)
    {
        Span<double> u = stackalloc double[1];
        RandomFill.Uniform(key, stream, 0, u);
        // 1 - u lies in [2^-53, 1].
        return Exact + (int)(Math.Log(1 - u[0]) / Math.Log(1 - Stop));
    }

    /// <summary>Weight of term number <paramref name="k"/>, from 1.</summary>
    public double Weight(int k) => k <= Exact ? 1 : Math.Pow(1 - Stop, Exact - k);

    /// <summary>Weights of the first terms.</summary>
    public void Fill(Span<double> weights)
    {
        for (int i = 0; i < weights.Length; i++) weights[i] = Weight(i + 1);
    }
}
