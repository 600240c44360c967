using System.Numerics;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Every conditioner by its recipe name: the one list that loading, tests and pages go through.</summary>
public static class ConditionerRegistry
{
    /// <summary>Recipe names, in alphabetical order.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "angle-features",
        "conv-net",
        "mlp",
        "residual-mlp",
        "separate",
    ];

    /// <summary>Makes a conditioner from its recipe entry, such as <c>{"kind":"mlp","hidden":[64,64]}</c>, and the widths that its place demands.</summary>
    /// <param name="config">The entry.</param>
    /// <param name="inputs">Columns in.</param>
    /// <param name="outputs">Columns out.</param>
    /// <param name="parameters">How many of them belong to one feature; they lie together.</param>
    /// <exception cref="BadInputException">Unknown kind; or a property is unknown, missing, of the wrong type or out of range.</exception>
    public static IConditioner<T> Create<T>(JsonElement config, int inputs, int outputs, int parameters = 1) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string kind = ConfigReader.KindOf("conditioner", config);
        return kind switch
        {
            "angle-features" => AngleFeatures<T>.FromConfig(config, inputs, outputs, parameters),
            "conv-net" => ConvNet<T>.FromConfig(config, inputs, outputs, parameters),
            "mlp" => Mlp<T>.FromConfig(config, inputs, outputs),
            "residual-mlp" => ResidualMlp<T>.FromConfig(config, inputs, outputs),
            "separate" => SeparateNetworks<T>.FromConfig(config, inputs, outputs),
            _ => throw new BadInputException($"There is no conditioner of kind {BadInputException.Quote(kind)}; there are {string.Join(", ", Kinds)}."),
        };
    }

    /// <summary>Writes the whole entry, braces and kind included.</summary>
    public static void Write<T>(Utf8JsonWriter json, string property, IConditioner<T> conditioner) where T : unmanaged, IFloatingPointIeee754<T>
    {
        json.WriteStartObject(property);
        json.WriteString("kind", conditioner.Kind);
        conditioner.WriteConfig(json);
        json.WriteEndObject();
    }
}
