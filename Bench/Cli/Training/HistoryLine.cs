using System.Text;
using System.Text.Json;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>One epoch as a line of history.jsonl. Only <c>seconds</c> differs between two runs of the same description.</summary>
internal static class HistoryLine
{
    public static string Of(EpochReport report, IReadOnlyList<LearnedInverseReport> inverses, double seconds)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("epoch", report.Epoch);
            json.WriteNumber("step", report.Step);
            json.WriteNumber("objective", report.Objective);
            json.WriteString("objective_kind", TrainDisplay.Kind(report.Value));
            Number(json, "reconstruction_error", report.ReconstructionError);
            json.WriteNumber("learning_rate", report.LearningRate);
            if (report.Validation is { } v)
            {
                json.WriteStartObject("validation");
                json.WriteNumber("nats", v.Nats);
                json.WriteNumber("bits_per_dim", v.BitsPerDim);
                json.WriteNumber("standard_error", v.StandardError);
                json.WriteBoolean("best", report.IsBest);
                json.WriteEndObject();
            }

            if (inverses.Count > 0) Inverses(json, inverses);
            json.WriteNumber("seconds", Math.Round(seconds, 3));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public static void Inverses(Utf8JsonWriter json, IReadOnlyList<LearnedInverseReport> inverses)
    {
        json.WriteStartArray("learned_inverse");
        foreach (LearnedInverseReport i in inverses)
        {
            json.WriteStartObject();
            json.WriteString("layer", i.Name);
            json.WriteString("strategy", i.Strategy);
            json.WriteNumber("lambda", i.Weight);
            Number(json, "reconstruction_error", i.Reconstruction);
            Number(json, "cosine", i.Cosine);
            Number(json, "condition", i.Condition);
            Number(json, "smallest_variance", i.SmallestVariance);
            Number(json, "threshold", i.Threshold);
            json.WriteBoolean("below_threshold", i.IsBelowThreshold);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>JSON has no NaN and no infinity: null says that there is no number.</summary>
    public static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
