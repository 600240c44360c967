using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Layers;

/// <summary>Shape of a <see cref="Made{T}"/> besides its widths in and out.</summary>
/// <param name="Hidden">Widths of the hidden layers, at least one; all equal in a residual network, where each after the first is a block.</param>
/// <param name="Activation">Between layers.</param>
/// <param name="Residual">h += linear1(act(linear0(act(h)))) in place of h = act(linear(h)).</param>
/// <param name="RandomDegrees">Hidden degrees drawn by the layer's seed in place of taking turns.</param>
public sealed record MadeSettings(int[] Hidden, Activation Activation = Activation.Relu, bool Residual = false, bool RandomDegrees = false)
{
    /// <summary>Name in a recipe.</summary>
    public const string Kind = "made";

    /// <summary>From a recipe entry: hidden (list of widths, [64, 64]), activation (relu), residual (false), random_degrees (false).</summary>
    /// <exception cref="BadInputException">The kind is another, or a property is unknown, of the wrong type or out of range.</exception>
    public static MadeSettings FromConfig(JsonElement config)
    {
        string kind = ConfigReader.KindOf("conditioner", config);
        if (kind != Kind) throw new BadInputException($"autoregressive: the conditioner is of kind {BadInputException.Quote(kind)}; it must be {Kind}, the others do not keep the order of the features.");
        var reader = new ConfigReader(Kind, config);
        int[] hidden = reader.Integers("hidden", [64, 64]);
        Activation activation = Activations.Read(reader, Activation.Relu);
        bool residual = reader.Flag("residual", false), random = reader.Flag("random_degrees", false);
        return reader.Make(() =>
        {
            var settings = new MadeSettings(hidden, activation, residual, random);
            settings.Check();
            return settings;
        });
    }

    /// <summary>Throws unless a network can be made of it.</summary>
    /// <exception cref="ArgumentException">No hidden layer, a width below 1, or unequal widths of a residual network.</exception>
    public void Check()
    {
        if (Hidden.Length == 0) throw new ArgumentException("hidden is empty; it must have at least one width.");
        for (int i = 0; i < Hidden.Length; i++)
        {
            BijectorGuard.Dimension($"hidden[{i}]", Hidden[i]);
            if (Residual && Hidden[i] != Hidden[0]) throw new ArgumentException($"hidden[{i}] is {Hidden[i]}, hidden[0] is {Hidden[0]}; in a residual network all widths must be equal.");
        }
    }

    /// <summary>Writes the whole entry, braces and kind included.</summary>
    public void Write(Utf8JsonWriter json, string property)
    {
        json.WriteStartObject(property);
        json.WriteString("kind", Kind);
        json.WriteStartArray("hidden");
        foreach (int width in Hidden) json.WriteNumberValue(width);
        json.WriteEndArray();
        json.WriteString("activation", Activations.Names[(int)Activation]);
        json.WriteBoolean("residual", Residual);
        json.WriteBoolean("random_degrees", RandomDegrees);
        json.WriteEndObject();
    }
}
