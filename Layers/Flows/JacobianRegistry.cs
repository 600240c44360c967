using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every Jacobian strategy by name: the one list that the command line, recipes, tests and pages go through.</summary>
public static class JacobianRegistry
{
    /// <summary>Names, as on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "exact-lu", "snf-published", "snf-reconstruction", "snf-published-probes", "snf-reconstruction-probes",
        "snf-published-unfused", "free-form", "relative", "stale-inverse", "newton-schulz", "brute-force", "banded-exact", "fft-exact", .. Estimators(),
    ];

    /// <summary>Those that work on such a site.</summary>
    public static IEnumerable<string> NamesFor(SiteKinds kind) => Names.Where(n => (Create<double>(n).Supports & kind) != 0);

    /// <summary>Makes a strategy. Options that a strategy does not have are ignored only where they are null.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="weight">Reconstruction weight lambda of free-form and the snf strategies (default 1).</param>
    /// <param name="every">Refresh interval of stale-inverse (default 10) and newton-schulz (default 1).</param>
    /// <param name="probes">Probe rows of the probe strategies (default -1: as many as the batch has rows), probes a sample of free-form (default 1), and of banded-exact (default: none, the exact gradient).</param>
    /// <param name="biasWithoutLogDet">Compatibility switch of the relative gradient.</param>
    /// <param name="surrogate">Surrogate of free-form: <c>encoder</c> (default) or <c>conditional</c>.</param>
    /// <exception cref="BadInputException">The name is unknown, or an option does not belong to the strategy.</exception>
    public static IJacobianStrategy<T> Create<T>(string name, double? weight = null, int? every = null, int? probes = null, bool biasWithoutLogDet = false, string? surrogate = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!Names.Contains(name)) throw new BadInputException($"Unknown Jacobian strategy '{name}'; use one of: {string.Join(", ", Names)}.");
        bool takesProbes = name.EndsWith("-probes", StringComparison.Ordinal) || name is "banded-exact" or "free-form", learned = name == "free-form" || name.StartsWith("snf-", StringComparison.Ordinal);
        if (weight is not null && !learned) throw new BadInputException($"Strategy '{name}' has no reconstruction weight (lambda); only free-form and the snf strategies do.");
        if (probes is not null && IsEstimator(name) && weight is null && every is null) return Estimator<T>($$"""{"name":"{{name}}","probes":{{probes}}}""");
        if (weight is not null && !(weight >= 0 && double.IsFinite(weight.Value))) throw new BadInputException($"Strategy '{name}': the reconstruction weight (lambda) must be finite and not negative, it is {weight}.");
        if (every is not null && name is not ("stale-inverse" or "newton-schulz")) throw new BadInputException($"Strategy '{name}' has no refresh interval; only stale-inverse and newton-schulz do.");
        if (every < 1) throw new BadInputException($"Strategy '{name}': the refresh interval must be 1 or more, it is {every}.");
        if (probes is not null && !takesProbes) throw new BadInputException($"Strategy '{name}' has no probes; only banded-exact, free-form and the snf-...-probes strategies do.");
        if (probes is 0 or < -1) throw new BadInputException($"Strategy '{name}': the number of probes must be 1 or more, or -1 for the batch size; it is {probes}.");
        if (name == "free-form" && (probes < 1 || probes > FreeFormProbes<T>.Most)) throw new BadInputException($"Strategy '{name}': the number of probes must lie between 1 and {FreeFormProbes<T>.Most}; it is {probes}.");
        if (surrogate is not null && name != "free-form") throw new BadInputException($"Strategy '{name}' has no surrogate; only free-form does.");
        if (surrogate is not null && !FreeFormSurrogates.Names.Contains(surrogate)) throw new BadInputException($"Strategy '{name}': surrogate is {BadInputException.Quote(surrogate)}; use one of: {string.Join(", ", FreeFormSurrogates.Names)}.");
        if (IsEstimator(name)) return Estimator<T>($$"""{"name":"{{name}}"}""");
        return name switch
        {
            "exact-lu" => new ExactLu<T>(),
            "snf-published" => SelfNormalizing<T>.Published(weight ?? 1),
            "snf-published-unfused" => SelfNormalizing<T>.PublishedUnfused(weight ?? 1),
            "snf-reconstruction" => SelfNormalizing<T>.ReconstructionOnly(weight ?? 1),
            "snf-published-probes" => SelfNormalizing<T>.Published(weight ?? 1, probes ?? -1),
            "snf-reconstruction-probes" => SelfNormalizing<T>.ReconstructionOnly(weight ?? 1, probes ?? -1),
            "free-form" => new FreeForm<T>(weight ?? 1, probes ?? 1, FreeFormSurrogates.Parse(surrogate)),
            "relative" => new RelativeGradient<T>(biasWithoutLogDet),
            "stale-inverse" => new StaleInverse<T>(every ?? 10),
            "newton-schulz" => new NewtonSchulz<T>(every ?? 1),
            "banded-exact" => new BandedExact<T>(probes ?? 0),
            "fft-exact" => new FftExact<T>(),
            _ => new BruteForce<T>(),
        };
    }

    /// <summary>Makes a strategy from its recipe entry: <c>name</c> and its options.</summary>
    /// <exception cref="BadInputException">Something in the entry is missing, unknown or out of range.</exception>
    public static IJacobianStrategy<T> FromConfig<T>(JsonElement config) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var reader = new ConfigReader("strategy", config);
        string name = reader.String("name");
        if (IsEstimator(name)) return ReadEstimator<T>(reader);
        double? weight = reader.OptionalNumber("weight");
        int? every = reader.OptionalInteger("every"), probes = reader.OptionalInteger("probes");
        bool bias = reader.Flag("bias_without_log_det", false);
        string? surrogate = reader.OptionalString("surrogate");
        return reader.Make(() => Create<T>(name, weight, every, probes, bias, surrogate));
    }

    // Of the residual blocks' estimators, "exact" has two names here: exact-lu and brute-force.
    private static IEnumerable<string> Estimators() => LogDetRegistry.Names.Where(n => n != "exact");

    private static bool IsEstimator(string name) => Estimators().Contains(name);

    private static IJacobianStrategy<T> ReadEstimator<T>(ConfigReader reader) where T : unmanaged, IFloatingPointIeee754<T>
    {
        double lipschitz = reader.Number("lipschitz", BlockEstimate<T>.DefaultLipschitz);
        int rows = reader.OptionalInteger("rows") ?? -1;
        ILogDetEstimator<T> estimator = LogDetRegistry.Read<T>(reader, lipschitz);
        return reader.Make(() => new BlockEstimate<T>(estimator, lipschitz, rows));
    }

    private static IJacobianStrategy<T> Estimator<T>(string config) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using JsonDocument json = JsonDocument.Parse(config);
        return FromConfig<T>(json.RootElement);
    }
}
