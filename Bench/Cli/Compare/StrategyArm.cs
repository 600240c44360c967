using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Compare;

/// <summary>
/// One strategy to compare: <c>NAME[:option=value...]</c>, or its recipe entry as a JSON object, then options again. The options optimizer, momentum, lr and clip
/// are the training's, all others the strategy's; lambda is another word for weight.
/// </summary>
internal sealed class StrategyArm
{
    private static readonly string[] TrainingOptions = ["optimizer", "momentum", "lr", "clip"];

    private readonly JsonObject _strategy;
    private readonly Dictionary<string, string> _training = new(StringComparer.Ordinal);

    private StrategyArm(string label, JsonObject strategy) => (Label, _strategy) = (label, strategy);

    /// <summary>As asked for.</summary>
    public string Label { get; }

    /// <summary>The strategy's name.</summary>
    public string Name => (string)_strategy["name"]!;

    /// <summary>Largest 2-norm of the gradient; infinite for none.</summary>
    public double Clip => _training.TryGetValue("clip", out string? text) ? Arguments.Number($"{Label}: clip", text, zero: false)
        : !_training.ContainsKey("optimizer") && Presets.Clip(Name) is { } clip ? double.Parse(clip, CultureInfo.InvariantCulture) : double.PositiveInfinity;

    /// <summary>Reads a list such as <c>exact-lu,snf-published:lambda=1:lr=0.01,{"name":"stale-inverse","every":5}:clip=10</c>.</summary>
    /// <param name="list">Arms, separated by commas.</param>
    /// <param name="rates">Learning rates <c>LABEL=VALUE</c> or <c>NAME=VALUE</c>, separated by commas; null for none.</param>
    /// <exception cref="BadInputException">Something is unknown or out of range.</exception>
    public static IReadOnlyList<StrategyArm> Parse(string list, string? rates)
    {
        var arms = new List<StrategyArm>();
        foreach (string text in Split(list, ','))
        {
            StrategyArm arm = One(text);
            if (arms.Any(a => a.Label == arm.Label)) throw new BadInputException($"--strategies: {BadInputException.Quote(arm.Label)} is there twice; leave one.");
            arms.Add(arm);
        }

        foreach (string pair in rates?.Split(',') ?? [])
        {
            int at = pair.LastIndexOf('=');
            string name = at < 0 ? "" : pair[..at];
            StrategyArm[] meant = [.. arms.Where(a => a.Label == name)];
            if (meant.Length == 0) meant = [.. arms.Where(a => a.Name == name)];
            if (meant.Length == 0) throw new BadInputException($"--lr {BadInputException.Quote(pair)}: expected STRATEGY=RATE with a strategy of this comparison ({string.Join(", ", arms.Select(a => a.Label))}), such as {arms[0].Name}=0.003.");
            Arguments.Number("--lr", pair[(at + 1)..], zero: false);
            foreach (StrategyArm arm in meant) arm._training["lr"] = pair[(at + 1)..];
        }

        return arms;
    }

    /// <summary>The strategy's recipe entry for so many features, with the presets' numbers for what was left out.</summary>
    public JsonObject Strategy(int dimension)
    {
        var entry = (JsonObject)_strategy.DeepClone();
        if (entry["weight"] is null && Name.StartsWith("snf-", StringComparison.Ordinal)) entry["weight"] = Presets.Lambda(Name, dimension);
        return entry;
    }

    public IOptimizer<T> Optimizer<T>() where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        string text = OptimizerText();
        if (!text.StartsWith('{')) return OptimizerFactory.Create<T>(text);
        using JsonDocument json = JsonDocument.Parse(text);
        return OptimizerFactory.Create<T>(json.RootElement);
    }

    /// <summary>Learning rate after the warm-up.</summary>
    public double Rate(int dimension) => _training.TryGetValue("lr", out string? text) ? Arguments.Number($"{Label}: lr", text, zero: false)
        : Presets.LearningRate(Optimizer<double>().Name, dimension, Name);

    /// <summary>Everything about the training that is this arm's own, in one line.</summary>
    public string Describe(int dimension)
    {
        string weight = Strategy(dimension)["weight"] is { } w ? $", lambda {w.ToJsonString()}" : "";
        string clip = double.IsFinite(Clip) ? FormattableString.Invariant($", clip {Clip}") : "";
        string optimizer = OptimizerText();
        if (optimizer.StartsWith('{')) optimizer = string.Join(' ', JsonNode.Parse(optimizer)!.AsObject().Select(p => p.Key == "name" ? (string)p.Value! : $"{p.Key} {p.Value!.ToJsonString()}"));
        return FormattableString.Invariant($"{optimizer}, lr {Rate(dimension)}{clip}{weight}");
    }

    /// <summary>Parts of a text at a separator that stands outside braces, brackets and quotes.</summary>
    internal static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        int depth = 0, start = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '"' && depth > 0 && text[i - 1] != '\\') quoted = !quoted;
            if (quoted) continue;
            if (c is '{' or '[') depth++;
            if (c is '}' or ']') depth--;
            if (c != separator || depth > 0) continue;
            parts.Add(text[start..i].Trim());
            start = i + 1;
        }

        parts.Add(text[start..].Trim());
        return parts;
    }

    // A name, or an object with name and options.
    private string OptimizerText()
    {
        string text = _training.GetValueOrDefault("optimizer") ?? Presets.Optimizer(Name);
        if (!_training.TryGetValue("momentum", out string? momentum)) return text;
        string name = text.StartsWith('{') ? (string)JsonNode.Parse(text)!["name"]! : text;
        return FormattableString.Invariant($"{{\"name\":\"{name}\",\"momentum\":{Arguments.Number($"{Label}: momentum", momentum, zero: true)}}}");
    }

    private static StrategyArm One(string text)
    {
        List<string> parts = Split(text, ':');
        if (parts[0].Length == 0) throw new BadInputException($"--strategies: an entry is empty; expected NAME[:option=value...], such as exact-lu,stale-inverse:every=10.");
        var arm = new StrategyArm(text, Named(parts[0]));
        foreach (string part in parts.Skip(1))
        {
            int at = part.IndexOf('=', StringComparison.Ordinal);
            if (at < 1 || at == part.Length - 1) throw new BadInputException($"--strategies {BadInputException.Quote(text)}: {BadInputException.Quote(part)} is no option; expected option=value, such as every=10 or lr=0.003.");
            string name = part[..at], value = part[(at + 1)..];
            if (TrainingOptions.Contains(name)) arm._training[name] = value;
            else arm._strategy[name == "lambda" ? "weight" : name] = Value(value);
        }

        // Everything is read once here, so that what cannot be used is refused before anything is opened or written.
        if (!StrategyChoice.Names.Contains(arm.Name)) throw new BadInputException($"--strategies {BadInputException.Quote(text)}: there is no strategy {BadInputException.Quote(arm.Name)}; use one of: {string.Join(", ", StrategyChoice.Names)}.");
        using JsonDocument json = JsonDocument.Parse(arm.Strategy(64).ToJsonString());
        try
        {
            // Those of residual and continuous flows alone are read by these.
            if (JacobianRegistry.Names.Contains(arm.Name)) JacobianRegistry.FromConfig<double>(json.RootElement);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"--strategies {BadInputException.Quote(text)}: {e.Message}");
        }

        _ = arm.Optimizer<double>();
        _ = arm.Describe(64);
        return arm;
    }

    private static JsonObject Named(string text)
    {
        if (!text.StartsWith('{')) return new JsonObject { ["name"] = text };
        try
        {
            if (JsonNode.Parse(text) is JsonObject entry && entry["name"] is JsonValue name && name.TryGetValue(out string? _)) return entry;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new BadInputException($"--strategies {BadInputException.Quote(text)}: is no valid JSON; expected an object such as {{\"name\":\"stale-inverse\",\"every\":10}}.");
        }

        throw new BadInputException($"--strategies {BadInputException.Quote(text)}: has no text property 'name'; expected an object such as {{\"name\":\"stale-inverse\",\"every\":10}}.");
    }

    private static JsonNode Value(string text)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole)) return whole;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)) return number;
        return text switch { "true" => true, "false" => false, _ => text };
    }
}
