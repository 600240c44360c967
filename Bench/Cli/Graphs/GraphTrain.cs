using NativeFlow.Cli.Training;

namespace NativeFlow.Cli.Graphs;

/// <summary><c>nativeflow train</c> for models of graphs.</summary>
internal static class GraphTrain
{
    /// <summary>What the name of data that are a graph begins with.</summary>
    public const string DataPrefix = "graph:";

    public static IReadOnlyList<string> Models { get; } = ["vgae", "vgae-nc", "vgae-tc", "vgae-whc", "hvgae"];

    public static bool IsModel(string name) => Models.Contains(name);

    public static int Run(TrainRequest request) => throw new NotSupportedException($"--model {request.Given.GetValueOrDefault("model")}: models of graphs cannot be trained yet.");
}
