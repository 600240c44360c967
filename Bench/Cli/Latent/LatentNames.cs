using System.CommandLine;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>Names of latent-variable models and of the options of <c>train</c> that only models with a latent space take.</summary>
internal static class LatentNames
{
    public static IReadOnlyList<string> Models => LatentModels.Names;

    /// <summary>Options with a text.</summary>
    private static readonly (string Name, string Help, string Hint)[] Texts =
    [
        ("latent", "dimension of the latent space [2]", "N"),
        ("radius", "radius R of the hyperboloid, curvature -1/R^2, kept unless --learn-radius [--radius-schedule published, then learned]", "R"),
        ("curvature", "the same as --radius, given as the curvature K < 0", "K"),
        ("radius-schedule", "none, published (R = 11, 10, ..., 2 over ten epochs) or FROM:TO:EPOCHS; afterwards R is learned (--learn-radius), --radius, or the last [published; none where --radius is given]", "SHAPE"),
        ("beta", "weight of the divergence in the objective [1]", "WEIGHT"),
        ("hidden", "units of the hidden layer of encoder and decoder [200; 600 for images of more than 128 pixels]", "UNITS"),
        ("likelihood", "bernoulli (values in [0, 1], drawn anew in each step of training, cut at 0.5 in tests) or gaussian (unit variance) [bernoulli for images]", "NAME"),
        ("samples", "samples K of the importance-weighted bound on the test rows [500]", "K"),
    ];

    /// <summary>Options without a text.</summary>
    private static readonly (string Name, string Help)[] Flags =
    [
        ("learn-radius", "learn R, after the schedule if there is one"),
        ("compat-bose2020", "the objective and the estimator of the authors of the hyperbolic flows, which are no bounds; only to reproduce published numbers"),
    ];

    /// <summary>All names, as a description of a run keeps them.</summary>
    public static IReadOnlyList<string> Options { get; } = [.. Texts.Select(t => t.Name), .. Flags.Select(f => f.Name)];

    public static bool IsModel(string name) => Models.Contains(name);

    /// <summary>The options with a text, as the command line takes them.</summary>
    public static Option<string?>[] CreateTexts() => [.. Texts.Select(t => Arguments.Text("--" + t.Name, $"latent models: {t.Help}", t.Hint))];

    /// <summary>The options without.</summary>
    public static Option<bool>[] CreateFlags() => [.. Flags.Select(f => Arguments.Switch("--" + f.Name, $"latent models: {f.Help}"))];

    /// <summary>Refuses options of latent models where a flow is asked for.</summary>
    public static void Refuse(TrainRequest request)
    {
        foreach (string name in Options)
            if (request.Given.ContainsKey(name)) throw new BadInputException($"--{name}: belongs to latent-variable models; give --model as well ({string.Join(", ", Models)}), or leave the option out.");
    }
}
