using System.CommandLine;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary>Options of <c>train</c> that only models of graphs take.</summary>
internal static class GraphNames
{
    private static readonly (string Name, string Help, string Hint)[] Texts =
    [
        ("features", "one row of numbers a node [none: nodes are known by their numbers]", "FILE"),
        ("nodes", "number of nodes, where some have no edge [by features, else the largest number + 1]", "N"),
        ("decoder", "inner (sigmoid of the inner product of tangent coordinates) or distance (Fermi-Dirac) [inner]", "NAME"),
        ("normalization", "symmetric or row: how the encoder scales the adjacency [symmetric]", "NAME"),
        ("dropout", "share of hidden units left out in a step [0]", "SHARE"),
        ("edge-dropout", "share of the training edges that the encoder does not see in a step [0]", "SHARE"),
        ("flow-hidden", "width of the flow's networks [64]", "UNITS"),
        ("validate-every", "epochs between two looks at the validation edges [10]", "EPOCHS"),
    ];

    /// <summary>All names, as a description of a run keeps them.</summary>
    public static IReadOnlyList<string> Options { get; } = [.. Texts.Select(t => t.Name)];

    /// <summary>The options as the command line takes them.</summary>
    public static Option<string?>[] CreateTexts() => [.. Texts.Select(t => Arguments.Text("--" + t.Name, $"graph models: {t.Help}", t.Hint))];

    /// <summary>Refuses options of graph models where another family is asked for.</summary>
    public static void Refuse(TrainRequest request)
    {
        foreach (string name in Options)
            if (request.Given.ContainsKey(name)) throw new BadInputException($"--{name}: belongs to models of graphs; give --model ({string.Join(", ", GraphModelFile.Models)}) and --data graph:PATH as well, or leave the option out.");
    }
}
