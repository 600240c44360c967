using System.Text.Json;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary>What one state of a model is worth on held-out edges.</summary>
/// <param name="Epoch">Epochs behind it.</param>
/// <param name="Validation">On the validation edges.</param>
/// <param name="Test">On the test edges.</param>
internal sealed record GraphResult(long Epoch, LinkMetrics Validation, LinkMetrics Test)
{
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteNumber("epoch", Epoch);
        Write(json, "validation", Validation);
        Write(json, "test", Test);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, string name, LinkMetrics metrics, bool? best = null)
    {
        json.WriteStartObject(name);
        json.WriteNumber("auc", metrics.Auc);
        json.WriteNumber("average_precision", metrics.AveragePrecision);
        json.WriteNumber("mean_reciprocal_rank", metrics.MeanReciprocalRank);
        json.WriteNumber("hits_at_1", metrics.HitsAt1);
        json.WriteNumber("hits_at_3", metrics.HitsAt3);
        json.WriteNumber("hits_at_10", metrics.HitsAt10);
        if (best is { } b) json.WriteBoolean("best", b);
        json.WriteEndObject();
    }

    public string Line() => FormattableString.Invariant($"AUC {Test.Auc:F4}, AP {Test.AveragePrecision:F4}, MRR {Test.MeanReciprocalRank:F4}, Hits@1/3/10 {Test.HitsAt1:F3}/{Test.HitsAt3:F3}/{Test.HitsAt10:F3}; validation AUC {Validation.Auc:F4}, AP {Validation.AveragePrecision:F4}");
}
