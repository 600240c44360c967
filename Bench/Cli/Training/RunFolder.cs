using System.Text;
using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Training;

/// <summary>The folder of a run: its file names, and the history that must agree with the checkpoint.</summary>
internal sealed class RunFolder(string path)
{
    public string FullName { get; } = path;

    public string Checkpoint => Path.Combine(FullName, "checkpoint.safetensors");

    public string Model => Path.Combine(FullName, "model.safetensors");

    public string History => Path.Combine(FullName, "history.jsonl");

    /// <summary>Looks of <c>--monitor</c>, one a line.</summary>
    public string Monitor => Path.Combine(FullName, "monitor.jsonl");

    public string Samples => Path.Combine(FullName, "samples.png");

    public string Summary => Path.Combine(FullName, "summary.json");

    /// <summary>Makes the folder for a new run and removes what an earlier, finished one left.</summary>
    public void Begin()
    {
        try
        {
            Directory.CreateDirectory(FullName);

            // The summary first: without it, nobody takes the rest for a finished run.
            foreach (string file in (ReadOnlySpan<string>)[Summary, Checkpoint, Model, Samples, History, Monitor]) File.Delete(file);
            RemoveLeftovers();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: cannot be used as output folder ({e.Message}); give another --out.");
        }
    }

    /// <summary>Readies the folder of a killed run: half-written files go, and so do history and looks later than the checkpoint.</summary>
    public void Continue(long epochs, long steps)
    {
        try
        {
            File.Delete(Summary);
            RemoveLeftovers();
            var kept = new List<string>();
            string[] lines = File.Exists(History) ? File.ReadAllLines(History) : [];
            foreach (string line in lines)
            {
                if (kept.Count == epochs || NumberOf(line, "epoch") != kept.Count + 1) break;
                kept.Add(line);
            }

            if (kept.Count < epochs) throw new BadInputException($"{History}: holds {kept.Count} epochs, the checkpoint beside it {epochs}; put the file back, or start anew in another folder.");
            Rewrite(History, kept);
            if (File.Exists(Monitor)) Rewrite(Monitor, [.. File.ReadAllLines(Monitor).TakeWhile(l => NumberOf(l, "step") is { } step && step <= steps)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: the run cannot go on there ({e.Message}); check the folder's permissions.");
        }
    }

    /// <summary>Adds one line to the history; it is on the disk before a checkpoint can speak of its epoch.</summary>
    public void Append(string line) => Append(History, line);

    /// <summary>Adds one look.</summary>
    public void AppendLook(string line) => Append(Monitor, line);

    private static void Append(string file, string line)
    {
        try
        {
            using var stream = new FileStream(file, FileMode.Append, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{file}: cannot be written ({e.Message}); make room and go on with --resume.");
        }
    }

    // AtomicFile's temporary names carry the id of the process that was killed.
    private void RemoveLeftovers()
    {
        foreach (string name in (ReadOnlySpan<string>)[Checkpoint, Model, Samples, Summary, History, Monitor])
            foreach (string file in Directory.GetFiles(FullName, Path.GetFileName(name) + ".tmp-*")) File.Delete(file);
    }

    private static void Rewrite(string file, List<string> lines)
    {
        string text = string.Concat(lines.Select(l => l + "\n"));
        AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    private static long? NumberOf(string line, string property)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(property, out JsonElement e) && e.TryGetInt64(out long number) ? number : null;
        }
        catch (JsonException)
        {
            // The last line of a killed run can be a part of one.
            return null;
        }
    }
}
