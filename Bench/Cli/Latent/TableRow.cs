using System.Text.Json;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Latent;

/// <summary>What a finished run says.</summary>
/// <param name="Cell">Which run.</param>
/// <param name="Bound">Importance-weighted lower bound on the test rows; null where the run diverged.</param>
/// <param name="BoundError">Its standard error over rows.</param>
/// <param name="Samples">Its K.</param>
/// <param name="More">The bound with more samples; null for none.</param>
/// <param name="LowerBound">Evidence lower bound.</param>
/// <param name="Bose2020">The authors' estimate; null for none.</param>
/// <param name="Radius">At the end; null for flat models.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="Epochs">Epochs.</param>
internal sealed record TableRow(TableCell Cell, double? Bound, double? BoundError, int Samples, double? More, double? LowerBound, double? Bose2020, double? Radius, double? Seconds, int Epochs)
{
    /// <summary>A run that diverged.</summary>
    public static TableRow Diverged(TableCell cell) => new(cell, null, null, 0, null, null, null, null, null, 0);

    /// <summary>Reads the summary of a run.</summary>
    /// <exception cref="BadInputException">It is no summary of a latent-variable model.</exception>
    public static TableRow Read(TableCell cell, string summary, double? more)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(summary));
            JsonElement root = json.RootElement, test = root.GetProperty("test"), bound = test.GetProperty("importance_weighted_bound"), radius = root.GetProperty("radius");
            return new TableRow(
                cell, bound.GetProperty("nats").GetDouble(), bound.GetProperty("standard_error").GetDouble(), bound.GetProperty("samples").GetInt32(), more,
                test.GetProperty("evidence_lower_bound").GetProperty("nats").GetDouble(),
                test.TryGetProperty("bose2020_estimate", out JsonElement published) ? published.GetProperty("nats").GetDouble() : null,
                radius.ValueKind == JsonValueKind.Number ? radius.GetDouble() : null, root.GetProperty("seconds").GetDouble(), root.GetProperty("epochs").GetInt32());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new BadInputException($"{summary}: is no summary of a latent-variable model; remove the folder to run it again.");
        }
    }
}
