using System.Globalization;
using NativeFlow.Cli.Latent;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary>Fills in what the user left out, and turns a description's texts into what the library takes.</summary>
internal static class GraphSettings
{
    private static readonly string[] s_refused =
        ["columns", "split", "batch", "optimizer", "schedule", "warmup", "clip", "likelihood", "samples", "radius-schedule", "compat-bose2020"];

    /// <summary>What was given, with the curvature turned into a radius.</summary>
    /// <exception cref="BadInputException">An option has no meaning here.</exception>
    public static Dictionary<string, string> Given(IReadOnlyDictionary<string, string> given)
    {
        foreach (string name in s_refused)
            if (given.ContainsKey(name)) throw new BadInputException($"--{name}: models of graphs do not take it (they train on all edges at once, with Adam); leave the option out.");
        return LatentSettings.Given(given);
    }

    /// <summary>A complete description.</summary>
    /// <exception cref="BadInputException">An option is out of range.</exception>
    public static RunDescription Resolve(IReadOnlyDictionary<string, string> given, GraphData data)
    {
        var run = new RunDescription { DataChecksum = GraphSource.Checksum(data) };
        foreach ((string name, string text) in given) run[name] = RunDescription.Canonical(name, text);
        run["model"] ??= GraphModelFile.Models[0];
        if (!GraphTrain.IsModel(run.Model)) throw new BadInputException($"--model {run["model"]}: is no model of graphs, but the data are a graph; expected one of: {string.Join(", ", GraphModelFile.Models)}.");
        run["dtype"] ??= "double";
        run["seed"] ??= "0";
        run["epochs"] ??= "1000";
        run["lr"] ??= "0.01";
        run["beta"] ??= "1";
        run["latent"] ??= "2";
        run["hidden"] ??= "16";
        run["decoder"] ??= GraphModelFile.Decoders[0];
        run["normalization"] ??= GraphModelFile.Normalizations[0];
        run["dropout"] ??= "0";
        run["edge-dropout"] ??= "0";
        run["validate-every"] ??= "10";
        run["batch"] = Text(data.Graph.Edges.Length);
        run["optimizer"] = "adam";
        run["schedule"] = "constant";
        run["warmup"] = "0";
        LatentModelOptions posterior = ModelOptions(run).Posterior(data.Features?.Columns ?? data.Graph.Nodes);
        if (posterior.HasFlow) run["flow-hidden"] ??= "64";
        else if (run["flow-hidden"] is not null) throw new BadInputException($"--flow-hidden: {run.Model} has no flow; leave the option out, or take vgae-nc, vgae-tc or vgae-whc.");
        if (posterior.IsHyperbolic) run["radius"] ??= "1";
        else if (run["radius"] is not null || run["learn-radius"] is not null) throw new BadInputException($"--radius, --learn-radius: {run.Model} is flat; leave the option out, or take hvgae, vgae-tc or vgae-whc.");
        TrainerOptions(run).Checked();
        return run;
    }

    public static GraphAutoencoderOptions ModelOptions(RunDescription run) => new()
    {
        Kind = (LatentModelKind)Index("--model", run.Model, GraphModelFile.Models),
        Latent = Arguments.Whole("--latent", run["latent"]!, 1),
        Hidden = Arguments.Whole("--hidden", run["hidden"]!, 1),
        Decoder = (GraphDecoder)Index("--decoder", run["decoder"]!, GraphModelFile.Decoders),
        Normalization = (AdjacencyNormalization)Index("--normalization", run["normalization"]!, GraphModelFile.Normalizations),
        FlowHidden = run["flow-hidden"] is { } width ? Arguments.Whole("--flow-hidden", width, 1) : 64,
        Radius = run["radius"] is { } radius ? Arguments.Number("--radius", radius, zero: false) : 1,
        LearnRadius = run["learn-radius"] == "true",
        Seed = run.Seed,
    };

    public static GraphTrainerOptions TrainerOptions(RunDescription run) => new()
    {
        LearningRate = run.Rate,
        Beta = Arguments.Number("--beta", run["beta"]!, zero: true),
        Dropout = Arguments.Number("--dropout", run["dropout"]!, zero: true),
        EdgeDropout = Arguments.Number("--edge-dropout", run["edge-dropout"]!, zero: true),
        EvaluateEvery = Arguments.Whole("--validate-every", run["validate-every"]!, 1),
        Seed = SeedMix.Of(run.Seed, 1),
    };

    private static int Index(string option, string text, IReadOnlyList<string> names)
    {
        Arguments.OneOf(option, text, names);
        for (int i = 0; ; i++)
            if (names[i] == text) return i;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
