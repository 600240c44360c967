using System.Text;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Compare;

/// <summary>The folder of a comparison: config.json, results.jsonl with the runs that are finished, and a checkpoint for each that is not.</summary>
internal sealed class CompareFolder(string path)
{
    public string FullName { get; } = path;

    private string Config => Path.Combine(FullName, "config.json");

    private string Results => Path.Combine(FullName, "results.jsonl");

    /// <summary>The settings of the comparison in the folder; null when there is none.</summary>
    /// <exception cref="BadInputException">The file cannot be read.</exception>
    public (CompareSettings Settings, IReadOnlyDictionary<string, uint> Checksums)? Stored()
    {
        if (File.Exists(FullName)) throw new BadInputException($"--out {FullName}: is a file, expected a folder; give another name.");
        if (!File.Exists(Config))
            return File.Exists(Results) ? throw new BadInputException($"--out {FullName}: holds results.jsonl, but no config.json of a comparison; give another folder, or remove the file.") : null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Config), new JsonDocumentOptions { MaxDepth = 8 });
            var checksums = json.RootElement.GetProperty("data_checksums").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetUInt32(), StringComparer.Ordinal);
            return (CompareSettings.FromJson(Config, json.RootElement.GetProperty("options")), checksums);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"{Config}: cannot be read as the settings of a comparison; it was edited or is of another program, start anew in another folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{Config}: cannot be read ({e.Message}); check its permissions.");
        }
    }

    /// <summary>Makes the folder and writes the settings.</summary>
    public void Begin(CompareSettings settings, IReadOnlyDictionary<string, uint> checksums)
    {
        try
        {
            Directory.CreateDirectory(FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: cannot be used as output folder ({e.Message}); give another --out.");
        }

        string text = JsonText.Object(json =>
        {
            json.WriteStartObject("options");
            foreach ((string name, string value) in settings.All()) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteStartObject("data_checksums");
            foreach ((string name, uint sum) in checksums) json.WriteNumber(name, sum);
            json.WriteEndObject();
        });
        AtomicFile.Write(Config, stream => stream.Write(Encoding.UTF8.GetBytes(text + "\n")));
    }

    /// <summary>The finished runs. A last line that was cut off is removed; so are files that a killed process left half written.</summary>
    public List<CompareRecord> Continue()
    {
        var records = new List<CompareRecord>();
        try
        {
            foreach (string left in Directory.GetFiles(FullName, "*.tmp-*")) File.Delete(left);
            if (!File.Exists(Results)) return records;
            string text = File.ReadAllText(Results);
            int end = text.LastIndexOf('\n') + 1;
            if (end < text.Length) AtomicFile.Write(Results, stream => stream.Write(Encoding.UTF8.GetBytes(text[..end])));
            foreach (string line in text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries)) records.Add(JsonSerializer.Deserialize(line, CompareJson.Default.CompareRecord)!);
            return records;
        }
        catch (JsonException)
        {
            throw new BadInputException($"{Results}: line {records.Count + 1} is no result of a comparison; remove the line, and its run is made again.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: the comparison cannot go on there ({e.Message}); check the folder's permissions.");
        }
    }

    /// <summary>Adds a finished run; it is on the disk before its checkpoint goes.</summary>
    public void Append(CompareRecord record)
    {
        try
        {
            using var stream = new FileStream(Results, FileMode.Append, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(CompareJson.Line(record) + "\n"));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{Results}: cannot be written ({e.Message}); make room and go on with --resume.");
        }
    }

    /// <summary>Writes the report, as HTML and as Markdown, and the records and their curves as CSV.</summary>
    public void Report(CompareReportHeader header, IReadOnlyList<CompareRecord> records)
    {
        CompareReport.Write(Path.Combine(FullName, "report.html"), header, records);
        string text = CompareReport.Markdown(header, records);
        AtomicFile.Write(Path.Combine(FullName, "report.md"), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        CompareCsv.WriteRuns(Path.Combine(FullName, "runs.csv"), records);
        CompareCsv.WriteCurves(Path.Combine(FullName, "curves.csv"), records);
    }

    /// <summary>Checkpoint of a run by its place in the plan.</summary>
    public string Checkpoint(int cell, ulong seed, int arm) => Path.Combine(FullName, FormattableString.Invariant($"run-{cell}-{seed}-{arm}.safetensors"));
}
