using System.Globalization;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>Fills in what the user left out, and turns a description's texts into what the library takes.</summary>
internal static class LatentSettings
{
    // Of flows only; refused with a word, so that nobody believes them to have worked.
    private static readonly string[] s_refused = ["strategy", "lambda", "every", "probes", "standardize", "dequantize"];

    /// <summary>What was given with the curvature turned into a radius.</summary>
    /// <exception cref="BadInputException">An option is of flows only, or cannot be read.</exception>
    public static Dictionary<string, string> Given(IReadOnlyDictionary<string, string> given)
    {
        foreach (string name in s_refused)
            if (given.ContainsKey(name)) throw new BadInputException($"--{name}: belongs to flows, but {given.GetValueOrDefault("model")} is a latent-variable model; leave the option out.");
        if (given.GetValueOrDefault("columns")?.Contains('|') == true) throw new BadInputException("--columns: latent-variable models take no context; leave the bar and what follows it out.");
        var plain = new Dictionary<string, string>(given, StringComparer.Ordinal);
        if (plain.Remove("curvature", out string? text))
        {
            if (plain.ContainsKey("radius")) throw new BadInputException("--curvature and --radius say the same thing, K = -1/R^2; leave one out.");
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double k) || !double.IsFinite(k) || !(k < 0))
                throw new BadInputException($"--curvature {BadInputException.Quote(text)}: expected a number below 0, such as -1; the curvature of hyperbolic space is negative (flat models: vae, vgae).");
            plain["radius"] = Text(1 / Math.Sqrt(-k));
        }

        return plain;
    }

    /// <summary>A complete description.</summary>
    /// <exception cref="BadInputException">An option has no meaning here, or does not fit the data.</exception>
    public static RunDescription Resolve(IReadOnlyDictionary<string, string> given, DataSet data)
    {
        var run = new RunDescription { DataChecksum = RunSettings.Checksum(data) };
        foreach ((string name, string text) in given) run[name] = RunDescription.Canonical(name, text);
        run["data"] ??= Presets.DefaultData;
        run["dtype"] ??= "float";
        run["seed"] ??= "0";
        run["optimizer"] ??= "adam";
        run["schedule"] ??= "constant";
        run["warmup"] ??= "0";
        run["lr"] ??= LatentPresets.Rate;
        run["beta"] ??= LatentPresets.Beta;
        run["latent"] ??= Text(LatentPresets.Latent);
        run["hidden"] ??= Text(LatentPresets.Hidden(data.Train.Columns));
        run["samples"] ??= Text(LatentPresets.Samples);
        run["epochs"] ??= Text(LatentPresets.Epochs(data.Train.Rows));
        run["batch"] ??= Text(LatentPresets.Batch(data));
        run["likelihood"] ??= LatentPresets.Likelihood(data);
        if (data.Train.Rows < run.Batch) throw new BadInputException($"--batch {run.Batch}: {data.Name} has {data.Train.Rows} training rows; give at most {data.Train.Rows}.");
        if (LikelihoodOf(run) == DecoderLikelihoodKind.Gaussian && data.Levels > 0)
            throw new BadInputException($"--likelihood gaussian: {data.Name} has {data.Levels} integer levels, for which a normal of variance 1 means nothing; use --likelihood bernoulli.");
        LatentModelOptions options = ModelOptions(run, data.Train.Columns, withRadius: false);
        if (options.IsHyperbolic) ResolveRadius(run);
        else
        {
            foreach (string name in (ReadOnlySpan<string>)["radius", "radius-schedule", "learn-radius"])
                if (run[name] is not null) throw new BadInputException($"--{name}: {run.Model} is flat and has no radius; leave the option out, or take a hyperbolic model (hvae, hvae-tc, hvae-whc).");
        }

        ModelOptions(run, data.Train.Columns).Checked();
        TrainerOptions(run, Steps(run, data)).Checked();
        return run;
    }

    public static LatentModelOptions ModelOptions(RunDescription run, int columns) => ModelOptions(run, columns, withRadius: true);

    public static LatentTrainerOptions TrainerOptions(RunDescription run, int stepsPerEpoch) => new()
    {
        BatchSize = run.Batch,
        Epochs = run.Epochs,
        Schedule = RunSettings.Schedule(run, stepsPerEpoch),
        ClipNorm = run.Clip,
        Seed = run.Seed,
        Beta = BetaSchedule.Constant(Arguments.Number("--beta", run["beta"]!, zero: true)),
        Radius = Schedule(run),
        ValidateEvery = Presets.ValidateEvery(run.Epochs),
    };

    /// <summary>Steps of an epoch; the last batch may be smaller.</summary>
    public static int Steps(RunDescription run, DataSet data) => (data.Train.Rows + run.Batch - 1) / run.Batch;

    public static int Samples(RunDescription run) => Arguments.Whole("--samples", run["samples"]!, 1);

    public static bool IsCompatible(RunDescription run) => run["compat-bose2020"] == "true";

    public static DecoderLikelihoodKind LikelihoodOf(RunDescription run)
        => Arguments.OneOf("--likelihood", run["likelihood"]!, "bernoulli", "gaussian") == "bernoulli" ? DecoderLikelihoodKind.Bernoulli : DecoderLikelihoodKind.Gaussian;

    /// <summary>Rows as the model is tested on them: 0 and 1 under a Bernoulli likelihood.</summary>
    public static Table Tested(Table table, DecoderLikelihoodKind likelihood) => likelihood == DecoderLikelihoodKind.Bernoulli ? Binarization.Threshold(table) : table;

    private static LatentModelOptions ModelOptions(RunDescription run, int columns, bool withRadius)
    {
        if (!LatentModels.TryParse(run.Model, out LatentModelKind kind)) throw new BadInputException($"--model {run.Model}: expected one of: {string.Join(", ", LatentNames.Models)}.");
        var options = new LatentModelOptions
        {
            Kind = kind,
            DataDimension = columns,
            Latent = Size("latent", LatentPresets.MostLatent),
            Hidden = Size("hidden", LatentPresets.MostHidden),
            Likelihood = LikelihoodOf(run),
            Seed = run.Seed,
        };
        if (!withRadius || !options.IsHyperbolic) return options;
        return options with { Radius = Schedule(run).At(0, learned: false) ?? RadiusOf(run)!.Value, LearnRadius = run["learn-radius"] == "true" };

        int Size(string name, int most)
            => Arguments.Whole("--" + name, run[name]!, 1) is var size && size <= most ? size : throw new BadInputException($"--{name} {size}: expected at most {most}.");
    }

    // With nothing said, the published way; a radius given is kept, unless --learn-radius.
    private static void ResolveRadius(RunDescription run)
    {
        bool plain = run["radius"] is null && run["radius-schedule"] is null;
        run["radius-schedule"] ??= run["radius"] is null ? LatentPresets.PublishedRadius : "none";
        run["learn-radius"] ??= plain ? "true" : "false";
        if (run["radius-schedule"] == "none") run["radius"] ??= "1";
    }

    private static RadiusSchedule Schedule(RunDescription run)
    {
        string? text = run["radius-schedule"];
        if (text is null or "none") return RadiusSchedule.None;
        double? afterwards = RadiusOf(run);
        if (text == LatentPresets.PublishedRadius) return RadiusSchedule.Published(afterwards ?? LatentPresets.RadiusAfterPublished);
        string[] parts = text.Split(':');
        if (parts.Length != 3)
            throw new BadInputException($"--radius-schedule {BadInputException.Quote(text)}: expected none, {LatentPresets.PublishedRadius} (11, 10, ..., 2) or FROM:TO:EPOCHS, such as 11:2:10.");
        double last = Arguments.Number("--radius-schedule TO", parts[1], zero: false);
        return new RadiusSchedule(Arguments.Number("--radius-schedule FROM", parts[0], zero: false), last, Arguments.Whole("--radius-schedule EPOCHS", parts[2], 1), afterwards ?? last);
    }

    private static double? RadiusOf(RunDescription run) => run["radius"] is { } text ? Arguments.Number("--radius", text, zero: false) : null;

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
