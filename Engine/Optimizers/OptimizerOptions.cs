using System.Text.Json;

namespace NativeFlow.Engine;

/// <summary>Reads an optimiser's options from a JSON object, remembers which names were asked for and refuses the rest.</summary>
internal sealed class OptimizerOptions(string optimizer, JsonElement? options)
{
    private readonly List<string> _known = ["name"];

    public double Number(string option, double absent)
    {
        if (!Find(option, out JsonElement value)) return absent;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)) return number;
        throw Bad(option, value, "a number");
    }

    public bool Flag(string option)
    {
        if (!Find(option, out JsonElement value)) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        throw Bad(option, value, "true or false");
    }

    public (double First, double Second) Pair(string option, double first, double second)
    {
        if (!Find(option, out JsonElement value)) return (first, second);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2
            && value[0].ValueKind == JsonValueKind.Number && value[1].ValueKind == JsonValueKind.Number)
            return (value[0].GetDouble(), value[1].GetDouble());
        throw Bad(option, value, "two numbers in brackets");
    }

    /// <summary>Refuses options that nobody asked for.</summary>
    public void Finish()
    {
        if (options is not { } given) return;
        foreach (JsonProperty property in given.EnumerateObject())
            if (!_known.Contains(property.Name))
                throw new BadInputException($"Optimizer '{optimizer}' has no option {BadInputException.Quote(property.Name)}; it has {string.Join(", ", _known.Skip(1))}.");
    }

    public static void WritePair(Utf8JsonWriter writer, string option, double first, double second)
    {
        writer.WriteStartArray(option);
        writer.WriteNumberValue(first);
        writer.WriteNumberValue(second);
        writer.WriteEndArray();
    }

    private bool Find(string option, out JsonElement value)
    {
        _known.Add(option);
        value = default;
        return options is { } given && given.TryGetProperty(option, out value);
    }

    private BadInputException Bad(string option, JsonElement value, string expected)
        => new($"Optimizer '{optimizer}': option {option} is {BadInputException.Quote(value.GetRawText())}; expected {expected}.");
}
