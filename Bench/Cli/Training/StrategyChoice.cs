using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>The option <c>--strategy</c>: a name, or a JSON object with a name and options; and which layers of a recipe take it.</summary>
internal static class StrategyChoice
{
    private const SiteKinds Matrices = SiteKinds.DenseMatrix | SiteKinds.Convolution | SiteKinds.CircularConvolution;

    /// <summary>Kinds of layers that take a Jacobian strategy.</summary>
    private static readonly string[] Kinds = ["linear", "conv2d", "residual", "cnf"];

    /// <summary>Traces of a continuous flow.</summary>
    private static readonly string[] Traces = ["exact", "hutchinson"];

    /// <summary>Properties in which layers hold others.</summary>
    private static readonly string[] Nests = ["layers", "levels", "noise"];

    /// <summary>All names that the option takes.</summary>
    public static IEnumerable<string> Names => JacobianRegistry.Names.Concat(LogDetRegistry.Names).Concat(Traces).Distinct();

    /// <summary>The name alone; null for none.</summary>
    public static string? NameOf(string? text) => text is null ? null : (string)Parse(text)["name"]!;

    /// <summary>The strategy of a run with all its options; null for none.</summary>
    /// <exception cref="BadInputException">The text is neither a name nor an object with one, an option is given twice, or the strategy does not have it.</exception>
    public static JsonObject? Of(RunDescription run)
    {
        if (run["strategy"] is not { } text) return null;
        JsonObject strategy = Parse(text);
        Set(strategy, "--lambda", "weight", run.Lambda);
        Set(strategy, "--every", "every", run.Every);
        Set(strategy, "--probes", "probes", run.Probes);
        var name = (string)strategy["name"]!;
        if (!Names.Contains(name)) throw new BadInputException($"Unknown Jacobian strategy {BadInputException.Quote(name)}; use one of: {string.Join(", ", Names)}.");
        // Refuses options that do not belong to the strategy or are out of range; what depends on the layer is refused when the layer is built.
        if (!JacobianRegistry.Names.Contains(name) || LogDetRegistry.Names.Contains(name)) return strategy;
        if (text.StartsWith('{'))
        {
            using JsonDocument json = JsonDocument.Parse(strategy.ToJsonString());
            JacobianRegistry.FromConfig<double>(json.RootElement);
        }
        else
        {
            JacobianRegistry.Create<double>(name, run.Lambda, run.Every, run.Probes);
        }
        return strategy;
    }

    /// <summary>Gives the strategy to every layer of a kind that takes it, those inside others included.</summary>
    /// <exception cref="BadInputException">No layer takes it: the message names strategy, layers and what they do take.</exception>
    public static void Apply(JsonArray layers, JsonObject strategy, string model)
    {
        var refused = new List<string>();
        if (Apply(layers, "layers", strategy, refused)) return;
        string asked = $"--strategy {BadInputException.Quote((string)strategy["name"]!)}: {model}";
        if (refused.Count == 0) throw new BadInputException($"{asked} has no layer of kind {string.Join(", ", Kinds[..^1])} or {Kinds[^1]} that it could apply to; leave the option out.");
        throw new BadInputException($"{asked} has no layer that it works on: {refused[0]}{(refused.Count > 1 ? $" ({refused.Count - 1} more)" : "")}.");
    }

    private static bool Apply(JsonNode? node, string path, JsonObject strategy, List<string> refused)
    {
        bool any = false;
        if (node is JsonArray list)
            for (int i = 0; i < list.Count; i++) any |= Apply(list[i], $"{path}.{i}", strategy, refused);
        if (node is not JsonObject layer) return any;
        if (layer["kind"] is JsonValue kind && kind.TryGetValue(out string? word) && Kinds.Contains(word))
        {
            if (Give(layer, word, strategy)) return true;
            refused.Add($"{path} ({word}) takes one of {string.Join(", ", NamesFor(layer, word))}");
            return false;
        }

        foreach (string nest in Nests) any |= Apply(layer[nest], $"{path}.{nest}", strategy, refused);
        return any;
    }

    // False where the strategy is none for such a layer. A matrix strategy on the wrong kind of matrix is left to the layer, which refuses it with its path.
    private static bool Give(JsonObject layer, string kind, JsonObject strategy)
    {
        var name = (string)strategy["name"]!;
        SiteKinds supports = JacobianRegistry.Names.Contains(name) ? JacobianRegistry.Create<double>(name).Supports : name == "exact" ? SiteKinds.VectorJacobianProduct : 0;
        var own = (JsonObject)strategy.DeepClone();
        if (name == "brute-force" && kind is "residual" or "cnf") own["name"] = name = "exact";
        switch (kind)
        {
            case "residual":
                if ((supports & SiteKinds.VectorJacobianProduct) == 0) return false;
                layer["log_det"] = own;
                return true;
            case "cnf":
                if (!Traces.Contains(name)) return false;
                layer["trace"] = name;
                layer.Remove("probe");
                own.Remove("name");
                foreach ((string option, JsonNode? value) in own) layer[option] = value!.DeepClone();
                return true;
            default:
                if ((supports & Matrices) == 0) return false;
                layer["strategy"] = own;
                return true;
        }
    }

    private static IEnumerable<string> NamesFor(JsonObject layer, string kind) => kind switch
    {
        "residual" => LogDetRegistry.Names,
        "cnf" => Traces,
        "linear" => JacobianRegistry.NamesFor(SiteKinds.DenseMatrix),
        _ => JacobianRegistry.NamesFor(layer["padding"]?.ToString() == "circular" ? SiteKinds.CircularConvolution : SiteKinds.Convolution),
    };

    /// <summary>The option's text as an object with a name.</summary>
    /// <exception cref="BadInputException">It is neither a name nor an object with one.</exception>
    public static JsonObject Parse(string text)
    {
        if (!text.StartsWith('{')) return new JsonObject { ["name"] = text };
        try
        {
            if (JsonNode.Parse(text) is JsonObject strategy && strategy["name"] is JsonValue name && name.TryGetValue(out string? _)) return strategy;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            // Refused below. JsonObject finds a repeated property when it is first read.
        }
        throw new BadInputException($"--strategy {BadInputException.Quote(text)}: is no JSON object with a name; expected a name ({string.Join(", ", Names)}) or an object such as {{\"name\":\"roulette\",\"probes\":4}}.");
    }

    private static void Set(JsonObject strategy, string option, string property, JsonNode? value)
    {
        if (value is null) return;
        if (strategy.ContainsKey(property)) throw new BadInputException($"{option}: the object of --strategy has {property} already; give one of them.");
        strategy[property] = value;
    }
}
