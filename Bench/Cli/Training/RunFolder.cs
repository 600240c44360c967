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

    public string Samples => Path.Combine(FullName, "samples.png");

    public string Summary => Path.Combine(FullName, "summary.json");

    /// <summary>Makes the folder for a new run and removes what an earlier, finished one left.</summary>
    public void Begin()
    {
        try
        {
            Directory.CreateDirectory(FullName);

            // The summary first: without it, nobody takes the rest for a finished run.
            foreach (string file in (ReadOnlySpan<string>)[Summary, Checkpoint, Model, Samples, History]) File.Delete(file);
            RemoveLeftovers();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: cannot be used as output folder ({e.Message}); give another --out.");
        }
    }

    /// <summary>Readies the folder of a killed run: half-written files go, and so does history later than the checkpoint.</summary>
    public void Continue(long epochs)
    {
        try
        {
            File.Delete(Summary);
            RemoveLeftovers();
            var kept = new List<string>();
            string[] lines = File.Exists(History) ? File.ReadAllLines(History) : [];
            foreach (string line in lines)
            {
                if (kept.Count == epochs || EpochOf(line) != kept.Count + 1) break;
                kept.Add(line);
            }

            if (kept.Count < epochs) throw new BadInputException($"{History}: holds {kept.Count} epochs, the checkpoint beside it {epochs}; put the file back, or start anew in another folder.");
            string text = string.Concat(kept.Select(l => l + "\n"));
            AtomicFile.Write(History, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{FullName}: the run cannot go on there ({e.Message}); check the folder's permissions.");
        }
    }

    /// <summary>Adds one line; it is on the disk before a checkpoint can speak of its epoch.</summary>
    public void Append(string line)
    {
        try
        {
            using var stream = new FileStream(History, FileMode.Append, FileAccess.Write);
            stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            stream.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{History}: cannot be written ({e.Message}); make room and go on with --resume.");
        }
    }

    // AtomicFile's temporary names carry the id of the process that was killed.
    private void RemoveLeftovers()
    {
        foreach (string name in (ReadOnlySpan<string>)[Checkpoint, Model, Samples, Summary, History])
            foreach (string file in Directory.GetFiles(FullName, Path.GetFileName(name) + ".tmp-*")) File.Delete(file);
    }

    private static int EpochOf(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("epoch", out JsonElement e) && e.TryGetInt32(out int epoch) ? epoch : -1;
        }
        catch (JsonException)
        {
            // The last line of a killed run can be a part of one.
            return -1;
        }
    }
}
