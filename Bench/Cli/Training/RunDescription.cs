using System.Globalization;
using System.Text;
using System.Text.Json;
using NativeFlow.Cli.Graphs;
using NativeFlow.Cli.Latent;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Training;

/// <summary>
/// What a run was asked to do: one canonical text for each option, kept in the checkpoint. Two runs with equal descriptions end with
/// equal bits. Threads, output folder and display are no part of it.
/// </summary>
internal sealed class RunDescription
{
    /// <summary>Options that are part of a run's identity, in the order of the help text.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "data", "columns", "split", "dequantize", "standardize", "model", "strategy", "lambda", "every", "probes", "epochs", "batch", "lr",
        "optimizer", "schedule", "warmup", "clip", "seed", "dtype", .. LatentNames.Options, .. GraphNames.Options,
    ];

    private readonly SortedDictionary<string, string> _options = new(StringComparer.Ordinal);

    /// <summary>Checksum of the data; a run goes on only with the data it began with.</summary>
    public uint DataChecksum { get; set; }

    /// <summary>Seconds of training so far, over all resumptions; no part of the identity.</summary>
    public double Seconds { get; set; }

    /// <summary>Text of an option; null where it has none.</summary>
    public string? this[string name]
    {
        get => _options.GetValueOrDefault(name);
        set
        {
            if (!Names.Contains(name)) throw new ArgumentException($"'{name}' is no option of a run.");
            if (value is null) _options.Remove(name);
            else _options[name] = value;
        }
    }

    public string Data => _options["data"];

    public string Model => _options["model"];

    public bool Standardize => this["standardize"] == "true";

    public int Epochs => Arguments.Whole("--epochs", _options["epochs"], 1);

    public int Batch => Arguments.Whole("--batch", _options["batch"], 1);

    public double Rate => Arguments.Number("--lr", _options["lr"], zero: false);

    public ulong Seed => Arguments.Seed("--seed", _options["seed"]);

    public string Dtype => _options["dtype"];

    public double? Lambda => this["lambda"] is { } text ? Arguments.Number("--lambda", text, zero: true) : null;

    public int? Every => this["every"] is { } text ? Arguments.Whole("--every", text, 1) : null;

    public int? Probes => this["probes"] is { } text ? Arguments.Whole("--probes", text, 1) : null;

    public double Clip => this["clip"] is { } text ? Arguments.Number("--clip", text, zero: false) : double.PositiveInfinity;

    public int Warmup => Arguments.Whole("--warmup", _options["warmup"], 0);

    /// <summary>The text by which equal values are recognised: numbers in their shortest form, paths in full.</summary>
    public static string Canonical(string name, string text) => name switch
    {
        "epochs" or "batch" or "every" or "probes" or "latent" or "hidden" or "samples" or "nodes" or "flow-hidden" or "validate-every" => Arguments.Whole("--" + name, text, 1).ToString(CultureInfo.InvariantCulture),
        "warmup" => Arguments.Whole("--" + name, text, 0).ToString(CultureInfo.InvariantCulture),
        "lr" or "clip" or "radius" => Arguments.Number("--" + name, text, zero: false).ToString("R", CultureInfo.InvariantCulture),
        "lambda" or "beta" or "dropout" or "edge-dropout" => Arguments.Number("--" + name, text, zero: true).ToString("R", CultureInfo.InvariantCulture),
        "seed" => Arguments.Seed("--" + name, text).ToString(CultureInfo.InvariantCulture),
        "dtype" => Arguments.OneOf("--" + name, text, "float", "double"),
        "split" or "features" => Path.GetFullPath(text),
        "dequantize" => Commands.DataChoice.Canonical(text),
        "data" when text.StartsWith(GraphTrain.DataPrefix, StringComparison.Ordinal) => GraphSource.Canonical(text),
        "data" when text.StartsWith(Layers.SphereCoordinates.Prefix, StringComparison.Ordinal) => Layers.SphereCoordinates.Prefix + Path.GetFullPath(text[Layers.SphereCoordinates.Prefix.Length..]),
        "data" => Layers.DataSource.IsNamed(text) || text.Length == 0 ? text : Path.GetFullPath(text),
        "model" => Presets.All.Any(p => p.Name == text) || LatentNames.IsModel(text) || GraphTrain.IsModel(text) || text.Length == 0 ? text : Path.GetFullPath(text),
        _ => text,
    };

    /// <summary>Refuses options given again that do not agree with the run in <paramref name="folder"/>.</summary>
    public void RequireAgreement(IReadOnlyDictionary<string, string> given, string folder)
    {
        foreach ((string name, string text) in given)
        {
            string? mine = this[name];
            string theirs = Canonical(name, text);
            if (mine == theirs) continue;
            throw new BadInputException(
                $"--{name} {theirs}: the run in {folder} was started {(mine is null ? $"without --{name}" : $"with --{name} {mine}")}; leave the option out to go on with that run, or give another --out.");
        }
    }

    /// <summary>First option in which two runs differ, or null.</summary>
    public string? DifferenceTo(RunDescription other)
    {
        foreach (string name in Names)
            if (this[name] != other[name]) return $"--{name} {this[name] ?? "(none)"} there, {other[name] ?? "(none)"} here";
        return DataChecksum != other.DataChecksum ? "its data have changed since" : null;
    }

    /// <summary>Checksum of the options, for the name of the folder.</summary>
    public uint Checksum()
    {
        uint crc = 0;
        foreach ((string name, string text) in _options) crc = Crc32.Append(crc, Encoding.UTF8.GetBytes($"{name}={text}\n"));
        return crc;
    }

    public void WriteOptions(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (string name in Names)
            if (this[name] is { } text) json.WriteString(name, text);
        json.WriteEndObject();
    }

    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName("options");
            WriteOptions(json);
            json.WriteNumber("data_checksum", DataChecksum);
            json.WriteNumber("seconds", Seconds);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static RunDescription FromJson(string path, string text)
    {
        var run = new RunDescription();
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            foreach (JsonProperty p in json.RootElement.GetProperty("options").EnumerateObject()) run[p.Name] = p.Value.GetString();
            run.DataChecksum = json.RootElement.GetProperty("data_checksum").GetUInt32();
            run.Seconds = json.RootElement.GetProperty("seconds").GetDouble();
            foreach (string name in (ReadOnlySpan<string>)["data", "model", "epochs", "batch", "lr", "optimizer", "schedule", "warmup", "seed", "dtype"])
                if (run[name] is null) throw new FormatException(name);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new BadInputException($"{path}: the description of the run in it cannot be read; the checkpoint was edited or is of another program, start anew without --resume.");
        }

        return run;
    }
}
