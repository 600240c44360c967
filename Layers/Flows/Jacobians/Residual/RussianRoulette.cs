using System.Globalization;
using System.Text.Json;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>
/// How many terms of an infinite series are computed, and what they weigh so that the mean is the whole series: the first <see cref="Exact"/> terms always
/// with weight 1, then a random number of further ones; term k weighs 1 / P(it is computed).
/// </summary>
/// <remarks>
/// With terms of ratio rho the second moment of the geometric rule is finite only where 1 - p is above rho^2, and that of the Poisson rule nowhere: the sample looks calm, since
/// the terms that explode are too rare to be seen, and is worthless. Both are refused unless allowed by name. Source: Kahn 1955; Chen et al. 2019.
/// </remarks>
public readonly record struct RussianRoulette
{
    /// <summary>Longest series that can be drawn; a draw reaches this far with a chance below 2^-53.</summary>
    public const int MostTerms = 16384;

    // Largest mean of a Poisson number: e^-mean must be far from the smallest double.
    private const double MostRate = 100;

    /// <summary>Makes the geometric rule: one more term with chance 1 - p, again and again; term Exact + j weighs (1 - p)^-j.</summary>
    /// <param name="stop">Chance p of stopping before each further term.</param>
    /// <param name="exact">Terms that are always computed.</param>
    /// <param name="ratio">Bound rho on the ratio of successive terms: the Lipschitz constant of the map.</param>
    /// <param name="allowInfiniteVariance">Accept a p at or above 1 - rho^2, to show what comes of it.</param>
    /// <exception cref="ArgumentException">A number is out of range, or the variance would be infinite and was not allowed to be.</exception>
    public RussianRoulette(double stop, int exact, double ratio, bool allowInfiniteVariance = false)
    {
        if (!(stop > 0 && stop < 1)) throw new ArgumentException($"stop is {stop}; it must lie between 0 and 1.");
        if (exact < 0) throw new ArgumentException($"exact_terms is {exact}; it must be at least 0.");
        if (!(1 - stop > ratio * ratio) && !allowInfiniteVariance)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"stop is {stop} with a Lipschitz constant of {ratio}: the estimate has infinite variance; stop must be below 1 - c^2 = {1 - (ratio * ratio):G4}."));
        if (exact + (37 / -Math.Log(1 - stop)) > MostTerms)
            throw new ArgumentException($"stop is {stop}, exact_terms is {exact}: a series could be longer than {MostTerms} terms; raise stop or lower exact_terms.");
        (Stop, Exact, AllowsInfiniteVariance) = (stop, exact, allowInfiniteVariance);
    }

    private RussianRoulette(double rate, int exact) => (Distribution, Rate, Exact, AllowsInfiniteVariance) = (RouletteDistribution.Poisson, rate, exact, true);

    /// <summary>The Poisson rule (the published one for images): N - Exact is Poisson with mean lambda. Its variance is infinite for every map with a Lipschitz constant above 0.</summary>
    /// <param name="rate">lambda, between 0 and 100.</param>
    /// <param name="exact">Terms that are always computed.</param>
    /// <param name="allowInfiniteVariance">Must be true: this rule is there to be audited.</param>
    /// <exception cref="ArgumentException">A number is out of range, or infinite variance was not allowed.</exception>
    public static RussianRoulette Poisson(double rate, int exact, bool allowInfiniteVariance)
    {
        if (!(rate > 0 && rate <= MostRate)) throw new ArgumentException($"rate is {rate}; it must lie between 0 and {MostRate}.");
        if (exact is < 0 or > MostTerms - 1024) throw new ArgumentException($"exact_terms is {exact}; it must lie between 0 and {MostTerms - 1024}.");
        if (!allowInfiniteVariance)
            throw new ArgumentException("distribution is poisson: the estimate has infinite variance for every Lipschitz constant above 0; take geometric, or say allow_infinite_variance.");
        return new RussianRoulette(rate, exact);
    }

    /// <summary>Law of the number of further terms.</summary>
    public RouletteDistribution Distribution { get; }

    /// <summary>Chance p of stopping before each further term; 0 for the Poisson rule.</summary>
    public double Stop { get; }

    /// <summary>Mean lambda of the Poisson rule; 0 for the geometric one.</summary>
    public double Rate { get; }

    /// <summary>Terms that are always computed.</summary>
    public int Exact { get; }

    /// <summary>Whether infinite variance was allowed.</summary>
    public bool AllowsInfiniteVariance { get; }

    /// <summary>Mean number of terms.</summary>
    public double MeanTerms => Exact + (Distribution == RouletteDistribution.Poisson ? Rate : (1 - Stop) / Stop);

    /// <summary>The stopping chance that recipes take where they name none: p = 1 - rho, at most 0.9. Since rho is above rho^2, the variance is finite for every rho between 0 and 1; rho / (1 - rho) further terms on average.</summary>
    public static double DefaultStop(double ratio) => Math.Min(1 - ratio, 0.9);

    /// <summary>Number of terms: a function of (key, stream) alone.</summary>
    public int Draw(ulong key, ulong stream)
    {
        Span<double> u = stackalloc double[1];
        RandomFill.Uniform(key, stream, 0, u);
        // 1 - u lies in [2^-53, 1].
        if (Distribution == RouletteDistribution.Geometric) return Exact + (int)(Math.Log(1 - u[0]) / Math.Log(1 - Stop));
        // Inversion. Rounding may keep the sum below u; by then what is left is below the last digit of 1.
        double chance = Math.Exp(-Rate), sum = chance;
        int further = 0;
        while (u[0] >= sum && (further < Rate || chance > 1e-18))
        {
            chance *= Rate / ++further;
            sum += chance;
        }
        return Exact + further;
    }

    /// <summary>Chance P(N >= k) that term number <paramref name="k"/>, from 1, is computed.</summary>
    public double Reach(int k)
    {
        if (k <= Exact) return 1;
        if (Distribution == RouletteDistribution.Geometric) return Math.Pow(1 - Stop, k - Exact);
        double chance = Math.Exp(-Rate), sum = 0;
        for (int i = 1; i <= k - Exact; i++) chance *= Rate / i;
        // Summed from the term on, not as 1 minus the ones before, which cancels.
        for (int i = k - Exact; chance > sum * 1e-17 || i < Rate; i++)
        {
            sum += chance;
            chance *= Rate / (i + 1);
        }
        return sum;
    }

    /// <summary>Weight of term number <paramref name="k"/>, from 1: 1 / <see cref="Reach"/>.</summary>
    public double Weight(int k) => Distribution == RouletteDistribution.Poisson ? 1 / Reach(k) : k <= Exact ? 1 : Math.Pow(1 - Stop, Exact - k);

    /// <summary>Weights of the first terms.</summary>
    public void Fill(Span<double> weights)
    {
        for (int i = 0; i < weights.Length; i++) weights[i] = Weight(i + 1);
    }

    /// <summary>E[estimate^2] by formula for a series that ends after the terms given, or what they make of an infinite one: sum_k a_k^2 / P_k + 2 sum_{j below k} a_j a_k / P_j, P_k = <see cref="Reach"/>.</summary>
    /// <param name="terms">a_1, a_2, ... without weights.</param>
    public double SecondMoment(ReadOnlySpan<double> terms)
    {
        double sum = 0, weighted = 0;
        for (int k = 1; k <= terms.Length; k++)
        {
            double a = terms[k - 1], w = a * Weight(k);
            sum += a * (w + (2 * weighted));
            weighted += w;
        }
        return sum;
    }

    /// <summary>Variance by formula for a series that ends after the terms given: <see cref="SecondMoment"/> less the squared sum of the terms. It grows without bound with the terms where the variance is infinite.</summary>
    /// <param name="terms">a_1, a_2, ... without weights.</param>
    public double Variance(ReadOnlySpan<double> terms)
    {
        double mean = 0;
        foreach (double a in terms) mean += a;
        return SecondMoment(terms) - (mean * mean);
    }

    /// <summary>From the options of a recipe entry: distribution (geometric), stop (1 - c) or rate (2), exact_terms (2), allow_infinite_variance (false). The rule is made once all options are read.</summary>
    internal static Func<RussianRoulette> From(ConfigReader reader, double lipschitz)
    {
        bool poisson = reader.Choice("distribution", "geometric", "geometric", "poisson") == "poisson";
        int exact = reader.Integer("exact_terms", 0, 2);
        bool allow = reader.Flag("allow_infinite_variance", false);
        double number = poisson ? reader.Number("rate", 2) : reader.Number("stop", DefaultStop(lipschitz));
        return () => poisson ? Poisson(number, exact, allow) : new RussianRoulette(number, exact, lipschitz, allow);
    }

    internal void WriteConfig(Utf8JsonWriter json)
    {
        if (Distribution == RouletteDistribution.Poisson)
        {
            json.WriteString("distribution", "poisson");
            json.WriteNumber("rate", Rate);
        }
        else
        {
            json.WriteNumber("stop", Stop);
        }
        json.WriteNumber("exact_terms", Exact);
        if (AllowsInfiniteVariance) json.WriteBoolean("allow_infinite_variance", true);
    }
}
