using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every estimator of log|det(I + J)| by its recipe name.</summary>
public static class LogDetRegistry
{
    /// <summary>Recipe names, strongest kind first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["exact", "determinant-lemma", "truncated", "slq", "roulette", "neumann"];

    /// <summary>Makes an estimator from the object <c>log_det</c> of a recipe.</summary>
    /// <param name="config">Object with <c>name</c> and options.</param>
    /// <param name="lipschitz">Lipschitz constant of the map, which the roulette's variance depends on.</param>
    /// <exception cref="BadInputException">Unknown name; or an option is unknown, of the wrong type or out of range.</exception>
    public static ILogDetEstimator<T> FromConfig<T>(JsonElement config, double lipschitz) where T : unmanaged, IFloatingPointIeee754<T>
        => Read<T>(new ConfigReader("log_det", config), lipschitz);

    /// <summary>The same from a reader whose other properties have been read.</summary>
    internal static ILogDetEstimator<T> Read<T>(ConfigReader reader, double lipschitz) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string name = reader.String("name");
        switch (name)
        {
            case "exact":
            case "brute-force":
                return reader.Make<ILogDetEstimator<T>>(() => new ExactLogDet<T>());
            case "determinant-lemma":
                return reader.Make<ILogDetEstimator<T>>(() => new DeterminantLemma<T>());
            case "slq":
                {
                    int steps = reader.Integer("steps", 1, 8);
                    ProbeSettings probes = ProbeSettings.From(reader);
                    return reader.Make<ILogDetEstimator<T>>(() => new SlqLogDet<T>(steps, probes));
                }

            case "truncated":
                {
                    int terms = reader.Integer("terms", 1, 10);
                    ProbeSettings probes = ProbeSettings.From(reader, sketch: true);
                    return reader.Make<ILogDetEstimator<T>>(() => new TruncatedLogDet<T>(terms, probes));
                }

            case "roulette":
            case "neumann":
                {
                    Func<RussianRoulette> roulette = RussianRoulette.From(reader, lipschitz);
                    ProbeSettings probes = ProbeSettings.From(reader, sketch: name == "roulette");
                    return reader.Make<ILogDetEstimator<T>>(() => name == "roulette"
                        ? new RouletteLogDet<T>(roulette(), probes)
                        : new NeumannLogDet<T>(roulette(), probes));
                }

            default:
                // A strategy of matrices is no misspelling: say where it belongs.
                throw reader.Bad(JacobianRegistry.Names.Contains(name)
                    ? SiteRules.Refusal(JacobianRegistry.Create<T>(name), SiteKinds.VectorJacobianProduct, alternatives: Names)!
                    : $"there is no estimator named {BadInputException.Quote(name)}; there are {string.Join(", ", Names)}.");
        }
    }
}
