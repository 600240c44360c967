using System.Numerics;
using System.Text.Json;

namespace NativeFlow.Engine;

/// <summary>Makes optimisers by name, as recipes and command lines give it. Options are named as in PyTorch.</summary>
public static class OptimizerFactory
{
    /// <summary>The names, in the order in which messages list them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["sgd", "adam", "adamw", "adamax", "adagrad", "rmsprop"];

    /// <summary>Makes the optimiser <paramref name="name"/>. Options that are absent have their defaults; a property <c>name</c> among them is passed over.</summary>
    /// <exception cref="BadInputException">Unknown name or option, or a value that cannot be used.</exception>
    public static IOptimizer<T> Create<T>(string name, JsonElement? options = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(name);
        if (options is { ValueKind: not JsonValueKind.Object } other)
            throw new BadInputException($"Optimizer '{name}': options are {BadInputException.Quote(other.GetRawText())}; expected a JSON object such as {{\"weight_decay\": 0.01}}.");
        var reader = new OptimizerOptions(name, options);
        IOptimizer<T> optimizer = name switch
        {
            "sgd" => Sgd<T>.Read(reader),
            "adam" => Adam<T>.Read(reader, decoupled: false),
            "adamw" => Adam<T>.Read(reader, decoupled: true),
            "adamax" => Adamax<T>.Read(reader),
            "adagrad" => Adagrad<T>.Read(reader),
            "rmsprop" => RmsProp<T>.Read(reader),
            _ => throw new BadInputException($"No optimizer is named {BadInputException.Quote(name)}; there are {string.Join(", ", Names)}."),
        };
        reader.Finish();
        return optimizer;
    }

    /// <summary>Makes the optimiser that <see cref="IOptimizer{T}.WriteConfig"/> described: an object with <c>name</c> and options.</summary>
    /// <exception cref="BadInputException">No name, unknown name or option, or a value that cannot be used.</exception>
    public static IOptimizer<T> Create<T>(JsonElement recipe) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (recipe.ValueKind != JsonValueKind.Object || !recipe.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
            throw new BadInputException("Optimizer: the recipe must be a JSON object with a \"name\", such as {\"name\": \"adam\"}.");
        return Create<T>(name.GetString()!, recipe);
    }
}
