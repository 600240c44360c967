using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Reads the properties of one recipe entry strictly: each must be known, of the right type and in range. Messages name the kind and the property.</summary>
internal sealed class ConfigReader
{
    private readonly string _kind;
    private readonly JsonElement _config;
    private readonly HashSet<string> _known = ["kind"];

    public ConfigReader(string kind, JsonElement config)
    {
        _kind = kind;
        _config = config;
        if (config.ValueKind != JsonValueKind.Object)
            throw new BadInputException($"{kind}: its entry is {Word(config)}; it must be an object such as {{ \"kind\": \"{kind}\", ... }}.");
        var seen = new HashSet<string>();
        foreach (JsonProperty p in config.EnumerateObject())
            if (!seen.Add(p.Name)) throw new BadInputException($"{kind}: property {BadInputException.Quote(p.Name)} is there twice; leave one.");
    }

    public int Integer(string name, int least, int? otherwise = null)
    {
        if (!Find(name, otherwise is null, out JsonElement value)) return otherwise!.Value;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt32(out int number) || number < least)
            throw Wrong(name, value, $"a whole number, at least {least}");
        return number;
    }

    public ulong? Seed(string name)
    {
        if (!Find(name, false, out JsonElement value)) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt64(out ulong number)) throw Wrong(name, value, "a whole number from 0 to 2^64 - 1");
        return number;
    }

    public double Number(string name, double? otherwise = null)
    {
        if (!Find(name, otherwise is null, out JsonElement value)) return otherwise!.Value;
        return Finite(name, value);
    }

    public bool Flag(string name, bool otherwise)
    {
        if (!Find(name, false, out JsonElement value)) return otherwise;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) throw Wrong(name, value, "true or false");
        return value.GetBoolean();
    }

    public string Choice(string name, string otherwise, params ReadOnlySpan<string> allowed)
    {
        if (!Find(name, false, out JsonElement value)) return otherwise;
        if (value.ValueKind == JsonValueKind.String)
            foreach (string word in allowed)
                if (value.ValueEquals(word)) return word;
        throw Wrong(name, value, "one of " + string.Join(", ", allowed.ToArray()));
    }

    public double[]? Numbers(string name, bool required)
    {
        if (!Find(name, required, out JsonElement value)) return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0) throw Wrong(name, value, "a list of numbers, not empty");
        var numbers = new double[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray()) numbers[i++] = Finite(name, item);
        return numbers;
    }

    /// <summary>A list of whole numbers; an empty one is allowed where there is another default.</summary>
    public int[] Integers(string name, int[]? otherwise = null)
    {
        if (!Find(name, otherwise is null, out JsonElement value)) return otherwise!;
        if (value.ValueKind != JsonValueKind.Array || (otherwise is null && value.GetArrayLength() == 0)) throw Wrong(name, value, "a list of whole numbers" + (otherwise is null ? ", not empty" : ""));
        var numbers = new int[value.GetArrayLength()];
        int i = 0;
        foreach (JsonElement item in value.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt32(out numbers[i++])) throw Wrong(name, item, "a list of whole numbers");
        return numbers;
    }

    /// <summary>The kind of an entry inside an entry.</summary>
    public static string KindOf(string what, JsonElement config)
    {
        if (config.ValueKind == JsonValueKind.Object && config.TryGetProperty("kind", out JsonElement kind) && kind.ValueKind == JsonValueKind.String) return kind.GetString()!;
        throw new BadInputException($"{what}: its entry has no kind; it must be an object such as {{ \"kind\": \"...\", ... }}.");
    }

    public string String(string name)
    {
        Find(name, true, out JsonElement value);
        return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, value, "a string");
    }

    public string? OptionalString(string name) => Find(name, false, out _) ? String(name) : null;

    public double? OptionalNumber(string name) => Find(name, false, out JsonElement value) ? Finite(name, value) : null;

    public int? OptionalInteger(string name) => Find(name, false, out _) ? Integer(name, int.MinValue) : null;

    public JsonElement Object(string name)
    {
        Find(name, true, out JsonElement value);
        return value.ValueKind == JsonValueKind.Object ? value : throw Wrong(name, value, "an object");
    }

    public JsonElement? OptionalObject(string name) => Find(name, false, out _) ? Object(name) : null;

    /// <summary>Whether the property is there.</summary>
    public bool Has(string name) => Find(name, false, out _);

    /// <summary>Whether the property is there and a list.</summary>
    public bool IsList(string name) => Find(name, false, out JsonElement value) && value.ValueKind == JsonValueKind.Array;

    public JsonElement Array(string name)
    {
        Find(name, true, out JsonElement value);
        return value.ValueKind == JsonValueKind.Array ? value : throw Wrong(name, value, "a list");
    }

    /// <summary>After the last property: refuses the ones that nobody asked for, then makes the bijector; what its constructor refuses becomes bad input.</summary>
    public TResult Make<TResult>(Func<TResult> make)
    {
        foreach (JsonProperty p in _config.EnumerateObject())
            if (!_known.Contains(p.Name))
                throw new BadInputException($"{_kind}: property {BadInputException.Quote(p.Name)} is unknown; it has {string.Join(", ", _known.Where(k => k != "kind"))}.");
        return Check(make);
    }

    /// <summary>Makes a part of what is read, before the last property; what its constructor refuses becomes bad input.</summary>
    public TResult Check<TResult>(Func<TResult> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new BadInputException($"{_kind}: {e.Message}", e);
        }
    }

    /// <summary>What the entry is refused with: its kind, then the reason.</summary>
    public BadInputException Bad(string reason) => new($"{_kind}: {reason}");

    private double Finite(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !double.IsFinite(number)) throw Wrong(name, value, "a finite number");
        return number;
    }

    private bool Find(string name, bool required, out JsonElement value)
    {
        _known.Add(name);
        if (_config.TryGetProperty(name, out value)) return true;
        if (required) throw new BadInputException($"{_kind}: property '{name}' is missing; add it.");
        return false;
    }

    private BadInputException Wrong(string name, JsonElement value, string expected)
        => new($"{_kind}: property '{name}' is {Word(value)}; it must be {expected}.");

    private static string Word(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => value.GetArrayLength() == 0 ? "an empty list" : "a list",
        _ => BadInputException.Quote(value.GetRawText()),
    };
}
