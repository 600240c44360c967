using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>One data set at one number of features and the model that all strategies train on it.</summary>
internal sealed class CompareCell
{
    private readonly JsonObject _recipe;

    /// <summary>Makes the cell.</summary>
    /// <exception cref="BadInputException">The model does not fit the data, or there are fewer rows than a batch.</exception>
    public CompareCell(int index, CompareData data, CompareSettings settings)
    {
        (Index, Data) = (index, data);
        DataSet set = data.Set;
        if (set.Train.Rows < settings.Batch) throw new BadInputException($"--batch {settings.Batch}: {data.Label} has {set.Train.Rows} training rows; give at most {set.Train.Rows}.");
        Model = settings["model"] ?? Presets.DefaultModel(data.Dimension, set.Levels);
        var run = new RunDescription { ["data"] = data.Label, ["model"] = RunDescription.Canonical("model", Model), ["dtype"] = settings.Dtype, ["seed"] = "0" };
        _recipe = JsonNode.Parse(ModelBuilder.Recipe(run, set).GetRawText())!.AsObject();
        Validation = set.Validation.Rows > 0 ? set.Validation.Slice(0, settings.Cost ? set.Validation.Rows : Math.Min(settings.ValidationRows, set.Validation.Rows)) : set.Validation;
        if (!settings.Cost && (set.Validation.Rows == 0 || set.Test.Rows == 0)) throw new BadInputException($"{data.Label}: has {set.Validation.Rows} validation and {set.Test.Rows} test rows; a comparison needs some of each.");
    }

    public int Index { get; }

    public CompareData Data { get; }

    public string Model { get; }

    /// <summary>Rows that are looked at along the way.</summary>
    public Table Validation { get; }

    public int Dimension => Data.Dimension;

    /// <summary>Name under which the data's checksum is kept.</summary>
    public string Name => FormattableString.Invariant($"{Data.Label} D {Dimension}");

    /// <summary>Makes the model with a strategy; the start values of what all strategies have depend on the seed alone.</summary>
    /// <exception cref="BadInputException">No layer takes a strategy, or the flow cannot be compared.</exception>
    /// <exception cref="NotSupportedException">A layer does not take this strategy.</exception>
    public Flow<T> Build<T>(StrategyArm arm, ulong seed, IBackend<T> backend) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        var recipe = (JsonObject)_recipe.DeepClone();
        StrategyChoice.Apply(recipe["layers"]!.AsArray(), arm.Strategy(Dimension), Model);
        recipe["seed"] = seed;
        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        Flow<T> flow = ModelFile.FromRecipe(json.RootElement, backend);
        string? refusal = flow.Dimension != Dimension ? $"has {flow.Dimension} features, but {Data.Label} has {Dimension} columns"
            : flow.ContextWidth > 0 ? "takes a context, which compare does not give"
            : flow.EvaluationValue != ValueKind.Exact ? "gives a lower bound of the likelihood, and compare reports exact ones" : null;
        if (refusal is null) return flow;
        flow.Dispose();
        throw new BadInputException($"--model {Model}: {refusal}; choose another model.");
    }
}
