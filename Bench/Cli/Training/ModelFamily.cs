using NativeFlow.Cli.Graphs;
using NativeFlow.Cli.Latent;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>Which of the three kinds of models <c>train</c> is asked for.</summary>
internal enum ModelFamily
{
    /// <summary>A normalizing flow on a table.</summary>
    Flow,

    /// <summary>A variational autoencoder on a table.</summary>
    Latent,

    /// <summary>A model of a graph.</summary>
    Graph,
}

/// <summary>Tells the family by the model's name, by the data's, or by the run that is to go on.</summary>
internal static class ModelFamilies
{
    public static ModelFamily Of(TrainRequest request)
    {
        string? model = request.Given.GetValueOrDefault("model"), data = request.Given.GetValueOrDefault("data");
        if (request.Resume && model is null && data is null && request.Out is { } folder && new RunFolder(folder) is var run && File.Exists(run.Checkpoint))
        {
            RunDescription stored = RunDescription.FromJson(run.Checkpoint, Checkpoint.RunOf(run.Checkpoint));
            (model, data) = (stored.Model, stored.Data);
        }

        return Of(model, data);
    }

    /// <summary>By the names of the model and of the data.</summary>
    public static ModelFamily Of(string? model, string? data) =>
        (model is not null && GraphTrain.IsModel(model)) || (data is not null && data.StartsWith(GraphTrain.DataPrefix, StringComparison.Ordinal)) ? ModelFamily.Graph
        : model is not null && LatentNames.IsModel(model) ? ModelFamily.Latent : ModelFamily.Flow;
}
