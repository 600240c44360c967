using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>What a table of latent-variable models is made of.</summary>
/// <param name="Data">Data; of the branching diffusion process without a seed, every seed has a data set of its own.</param>
/// <param name="Models">Names.</param>
/// <param name="Latents">Latent dimensions.</param>
/// <param name="Seeds">Seeds.</param>
/// <param name="Compatible">Whether hyperbolic models are also trained with the authors' objective.</param>
/// <param name="Options">Further options of every run, as for <c>train</c>.</param>
/// <param name="MoreSamples">K of a second importance-weighted bound; 0 for none.</param>
/// <param name="Threads">Threads of a run.</param>
/// <param name="Jobs">Runs at a time.</param>
/// <param name="Out">Folder.</param>
internal sealed record TableSettings(
    string Data, IReadOnlyList<string> Models, IReadOnlyList<int> Latents, IReadOnlyList<ulong> Seeds, bool Compatible, IReadOnlyDictionary<string, string> Options,
    int MoreSamples, int Threads, int Jobs, string Out)
{
    private const int MostSeeds = 1000;

    /// <summary>Whether each seed draws data of its own: models are then compared on the same data sets.</summary>
    public bool DataBySeed => Data is "bdp" or "bdp-heldout";

    /// <summary>The runs, all models of one seed and dimension together, so that a table of few runs compares what belongs together.</summary>
    public IEnumerable<TableCell> Cells()
    {
        foreach (ulong seed in Seeds)
            foreach (int latent in Latents)
                foreach (string model in Models)
                {
                    yield return new TableCell(this, model, latent, seed, false);
                    var compatible = new TableCell(this, model, latent, seed, true);
                    if (Compatible && compatible.IsHyperbolic) yield return compatible;
                }
    }

    public static IReadOnlyList<string> ParseModels(string text)
        => [.. text.Split(',').Select(m => Arguments.OneOf("--models", m, LatentNames.Models)).Distinct()];

    public static IReadOnlyList<int> ParseLatents(string text) => [.. text.Split(',').Select(n => Arguments.Whole("--latent", n, 1)).Distinct()];

    /// <summary>Such as <c>0-4</c> or <c>0,3,7</c>.</summary>
    public static IReadOnlyList<ulong> ParseSeeds(string text)
    {
        var seeds = new List<ulong>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2) throw new BadInputException($"--seeds {BadInputException.Quote(text)}: expected numbers and ranges, such as 0-4 or 0,3,7.");
            ulong first = Arguments.Seed("--seeds", ends[0]), last = Arguments.Seed("--seeds", ends[^1]);
            if (last < first || last - first >= MostSeeds) throw new BadInputException($"--seeds {BadInputException.Quote(text)}: {part} is no range from a smaller to a larger number with fewer than {MostSeeds} seeds.");
            for (ulong s = first; s <= last; s++) seeds.Add(s);
        }

        return [.. seeds.Distinct()];
    }
}

/// <summary>One run of a table.</summary>
internal sealed record TableCell(TableSettings Settings, string Model, int Latent, ulong Seed, bool Compatible)
{
    public string Name => FormattableString.Invariant($"{Model}{(Compatible ? "-bose2020" : "")}-n{Latent}-s{Seed}");

    public string Folder => Path.Combine(Settings.Out, "runs", Name);

    public bool IsHyperbolic => LatentModels.TryParse(Model, out LatentModelKind kind) && new LatentModelOptions { Kind = kind, DataDimension = 1 }.IsHyperbolic;

    public string Data => Settings.DataBySeed ? FormattableString.Invariant($"{Settings.Data}:{Seed}") : Settings.Data;

    /// <summary>Options as for <c>train</c>.</summary>
    public Dictionary<string, string> Given()
    {
        var given = new Dictionary<string, string>(Settings.Options, StringComparer.Ordinal)
        {
            ["data"] = Data,
            ["model"] = Model,
            ["latent"] = Latent.ToString(CultureInfo.InvariantCulture),
            ["seed"] = Seed.ToString(CultureInfo.InvariantCulture),
        };
        if (Compatible) given["compat-bose2020"] = "true";
        if (!IsHyperbolic)
            foreach (string name in (ReadOnlySpan<string>)["radius", "radius-schedule", "learn-radius"]) given.Remove(name);
        return given;
    }
}
