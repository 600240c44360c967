using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Reads one object of a recipe strictly: every property is asked for by name and type, and none may be left over.</summary>
public sealed class ConfigReader
{
    private readonly string _what;
    private readonly JsonElement _json;
    private readonly HashSet<string> _asked = [];

    /// <summary>Starts reading <paramref name="json"/>, called <paramref name="what"/> in messages.</summary>
    /// <exception cref="BadInputException">It is no object.</exception>
    public ConfigReader(string what, JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new BadInputException($"Recipe: '{what}' must be an object, it is {json.ValueKind}.");
        _what = what;
        _json = json;
    }

    /// <summary>Property that must be a string.</summary>
    public string String(string name) => Find(name, JsonValueKind.String, required: true)!.Value.GetString()!;

    /// <summary>Property that may be a string.</summary>
    public string? OptionalString(string name) => Find(name, JsonValueKind.String, required: false)?.GetString();

    /// <summary>Property that must be a finite number.</summary>
    public double Number(string name) => OptionalNumber(name) ?? throw Missing(name);

    /// <summary>Property that may be a finite number.</summary>
    public double? OptionalNumber(string name)
    {
        JsonElement? e = Find(name, JsonValueKind.Number, required: false);
        if (e is null) return null;
        double value = e.Value.GetDouble();
        return double.IsFinite(value) ? value : throw new BadInputException($"Recipe: '{_what}.{name}' is not a finite number.");
    }

    /// <summary>Property that must be a whole number.</summary>
    public int Integer(string name) => OptionalInteger(name) ?? throw Missing(name);

    /// <summary>Property that may be a whole number.</summary>
    public int? OptionalInteger(string name)
    {
        JsonElement? e = Find(name, JsonValueKind.Number, required: false);
        if (e is null) return null;
        return e.Value.TryGetInt32(out int value) ? value : throw new BadInputException($"Recipe: '{_what}.{name}' must be a whole number, it is {e.Value.GetRawText()}.");
    }

    /// <summary>Property that may be true or false; false when absent.</summary>
    public bool Flag(string name)
    {
        _asked.Add(name);
        if (!_json.TryGetProperty(name, out JsonElement e)) return false;
        return e.ValueKind is JsonValueKind.True or JsonValueKind.False ? e.GetBoolean() : throw new BadInputException($"Recipe: '{_what}.{name}' must be true or false, it is {e.ValueKind}.");
    }

    /// <summary>Property that must be an object.</summary>
    public JsonElement Object(string name) => Find(name, JsonValueKind.Object, required: true)!.Value;

    /// <summary>Property that may be an object.</summary>
    public JsonElement? OptionalObject(string name) => Find(name, JsonValueKind.Object, required: false);

    /// <summary>Property that must be an array.</summary>
    public JsonElement Array(string name) => Find(name, JsonValueKind.Array, required: true)!.Value;

    /// <summary>Property that may be an array.</summary>
    public JsonElement? OptionalArray(string name) => Find(name, JsonValueKind.Array, required: false);

    /// <summary>Refuses properties that nobody asked for.</summary>
    /// <exception cref="BadInputException">One is left over.</exception>
    public void Done()
    {
        foreach (JsonProperty p in _json.EnumerateObject())
            if (!_asked.Contains(p.Name)) throw new BadInputException($"Recipe: '{_what}' has no property '{p.Name}'; it has: {string.Join(", ", _asked)}.");
    }

    private JsonElement? Find(string name, JsonValueKind kind, bool required)
    {
        _asked.Add(name);
        if (!_json.TryGetProperty(name, out JsonElement e)) return required ? throw Missing(name) : null;
        if (e.ValueKind != kind) throw new BadInputException($"Recipe: '{_what}.{name}' must be {kind.ToString().ToLowerInvariant()}, it is {e.ValueKind.ToString().ToLowerInvariant()}.");
        return e;
    }

    private BadInputException Missing(string name) => new($"Recipe: '{_what}' lacks the property '{name}'.");
}
