namespace NativeFlow.Cli.Latent;

/// <summary>Numbers that others have reported, for tables: test "LL" by the authors' estimator (Bose et al. 2020, tables 1 and 2), and a re-run of their code on one data set.</summary>
internal static class LatentPublished
{
    /// <summary>A re-run of the authors' code on the branching diffusion process at 3000 epochs, one or two seeds.</summary>
    /// <param name="Shipped">Their objective, their estimator.</param>
    /// <param name="ShippedBound">Their objective, the lower bound.</param>
    /// <param name="Correct">The right objective, the lower bound.</param>
    /// <param name="Radius">Radius at the end, their objective and the right one.</param>
    public sealed record Rerun(string Shipped, string ShippedBound, string Correct, string Radius);

    private static readonly Dictionary<(string Data, string Model, int Latent), string> s_published = new()
    {
        [("bdp", "vae", 2)] = "-55.4 ± 0.2",
        [("bdp", "vae", 4)] = "-55.2 ± 0.3",
        [("bdp", "vae", 6)] = "-56.1 ± 0.2",
        [("bdp", "hvae", 2)] = "-54.9 ± 0.3",
        [("bdp", "hvae", 4)] = "-55.4 ± 0.2",
        [("bdp", "hvae", 6)] = "-58.0 ± 0.2",
        [("bdp", "vae-nc", 2)] = "-55.4 ± 0.4",
        [("bdp", "vae-nc", 4)] = "-54.7 ± 0.1",
        [("bdp", "vae-nc", 6)] = "-55.2 ± 0.3",
        [("bdp", "hvae-tc", 2)] = "-54.9 ± 0.1",
        [("bdp", "hvae-tc", 4)] = "-55.4 ± 0.1",
        [("bdp", "hvae-tc", 6)] = "-57.5 ± 0.2",
        [("bdp", "hvae-whc", 2)] = "-55.1 ± 0.4",
        [("bdp", "hvae-whc", 4)] = "-55.2 ± 0.2",
        [("bdp", "hvae-whc", 6)] = "-56.9 ± 0.4",
        [("mnist", "vae", 2)] = "-139.5 ± 1.0",
        [("mnist", "vae", 4)] = "-115.6 ± 0.2",
        [("mnist", "vae", 6)] = "-100.0 ± 0.02",
        [("mnist", "hvae", 2)] = "unstable",
        [("mnist", "hvae", 4)] = "-113.7 ± 0.9",
        [("mnist", "hvae", 6)] = "-99.8 ± 0.2",
        [("mnist", "vae-nc", 2)] = "-139.2 ± 0.4",
        [("mnist", "vae-nc", 4)] = "-115.2 ± 0.6",
        [("mnist", "vae-nc", 6)] = "-98.7 ± 0.3",
        [("mnist", "hvae-tc", 2)] = "unstable",
        [("mnist", "hvae-tc", 4)] = "-112.5 ± 0.2",
        [("mnist", "hvae-tc", 6)] = "-99.3 ± 0.2",
        [("mnist", "hvae-whc", 2)] = "-136.5 ± 2.1",
        [("mnist", "hvae-whc", 4)] = "-112.8 ± 0.5",
        [("mnist", "hvae-whc", 6)] = "-99.4 ± 0.2",
    };

    private static readonly Dictionary<(string Model, int Latent), Rerun> s_rerun = new()
    {
        [("vae", 2)] = new("-55.47", "", "", ""),
        [("vae-nc", 2)] = new("-55.51", "", "-55.51", ""),
        [("hvae", 2)] = new("-55.30", "-55.15", "-55.13", "0.68; 1.09"),
        [("vae", 6)] = new("-56.27", "", "-55.65", ""),
        [("vae-nc", 6)] = new("-55.62, -55.86", "", "-55.62, -55.86", ""),
        [("hvae", 6)] = new("-58.13", "-57.12", "-55.57", "0.65; 3.94"),
        [("hvae-whc", 6)] = new("-58.04, -58.36", "-57.25, -57.65", "-55.45, -55.76", "0.63; 4.12"),
    };

    /// <summary>The published number; empty where there is none.</summary>
    public static string Of(string data, string model, int latent) => s_published.GetValueOrDefault((Key(data), model, latent), "");

    /// <summary>The re-run on the branching diffusion process; null where there is none.</summary>
    public static Rerun? RerunOf(string data, string model, int latent) => Key(data) == "bdp" ? s_rerun.GetValueOrDefault((model, latent)) : null;

    private static string Key(string data) => data.StartsWith("bdp-heldout", StringComparison.Ordinal) ? "" : data.StartsWith("bdp", StringComparison.Ordinal) ? "bdp" : Path.GetFileName(Path.TrimEndingDirectorySeparator(data));
}
