using System.Text;
using System.Text.Json;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>
/// One epoch as a line of history.jsonl. Only <c>seconds</c> differs between two runs of the same description. Lines are collected, as an epoch of a small set
/// takes less time than the disk, and written before a checkpoint can speak of their epochs.
/// </summary>
internal sealed class LatentHistory(RunFolder folder)
{
    private readonly StringBuilder _pending = new();

    public void Add(LatentEpochReport report, double seconds)
    {
        if (_pending.Length > 0) _pending.Append('\n');
        _pending.Append(Line(report, seconds));
    }

    public void Flush()
    {
        if (_pending.Length == 0) return;
        folder.Append(_pending.ToString());
        _pending.Clear();
    }

    private static string Line(LatentEpochReport report, double seconds)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", report.Epoch);
            json.WriteNumber("step", report.Step);
            json.WriteNumber("objective", report.Objective);
            json.WriteNumber("log_likelihood_given_latent", report.LogLikelihood);
            HistoryLine.Number(json, "radius", report.Radius);
            json.WriteNumber("learning_rate", report.LearningRate);
            if (report.Validation is { } v)
            {
                json.WriteStartObject("validation");
                json.WriteNumber("evidence_lower_bound", v.Nats);
                json.WriteNumber("standard_error", v.StandardError);
                json.WriteNumber("draws", v.Draws);
                json.WriteEndObject();
            }

            json.WriteNumber("seconds", Math.Round(seconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
