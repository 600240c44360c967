using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>One look of a <see cref="FlowMonitor{T}"/>.</summary>
/// <param name="Step">Training steps done.</param>
/// <param name="Rows">Probe rows.</param>
/// <param name="Flow">The whole flow.</param>
/// <param name="Layers">Its layers, from data to latent; ends at one that failed.</param>
/// <param name="RoundTrip">There and back in the flow's own type.</param>
/// <param name="RoundTripInDouble">The same parameters in double.</param>
/// <param name="NonFiniteSoFar">Numbers that were not finite in all looks up to this one.</param>
/// <param name="Alarms">Empty when all is well.</param>
public sealed record FlowMonitorReport(
    long Step, int Rows, MapReport Flow, IReadOnlyList<MapReport> Layers, RoundTrip RoundTrip, RoundTrip RoundTripInDouble, long NonFiniteSoFar, IReadOnlyList<FlowAlarm> Alarms)
{
    /// <summary>One line of JSON; what was not measured is null.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", Step);
            json.WriteNumber("rows", Rows);
            json.WriteStartObject("flow");
            Flow.Write(json);
            json.WriteEndObject();
            json.WriteStartArray("layers");
            foreach (MapReport layer in Layers)
            {
                json.WriteStartObject();
                layer.Write(json);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            MapReport.Number(json, "round_trip", RoundTrip.Largest);
            MapReport.Number(json, "round_trip_double", RoundTripInDouble.Largest);
            json.WriteNumber("non_finite_so_far", NonFiniteSoFar);
            json.WriteStartArray("alarms");
            foreach (FlowAlarm alarm in Alarms)
            {
                json.WriteStartObject();
                json.WriteString("kind", Name(alarm.Kind));
                json.WriteString("where", alarm.Where);
                MapReport.Number(json, "value", alarm.Value);
                MapReport.Number(json, "limit", alarm.Limit);
                json.WriteString("text", alarm.ToString());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>One line for people.</summary>
    public string Summary
    {
        get
        {
            MapReport? worst = Layers.Where(l => !double.IsNaN(l.Condition)).MaxBy(l => l.Condition);
            string layer = worst is null ? "" : string.Create(CultureInfo.InvariantCulture, $", worst layer {worst.Name} {worst.Condition:G3}");
            string alarms = Alarms.Count == 0 ? "no alarm" : string.Create(CultureInfo.InvariantCulture, $"{Alarms.Count} {(Alarms.Count == 1 ? "alarm" : "alarms")}");
            string spectrum = double.IsNaN(Flow.Largest) ? "" : string.Create(CultureInfo.InvariantCulture, $", singular values {Flow.Smallest:G3} to {Flow.Largest:G3}, condition {Flow.Condition:G3}");
            return string.Create(
                CultureInfo.InvariantCulture,
                $"step {Step}: log|det J| {Flow.LogDetMean:G5} +- {Flow.LogDetDeviation:G3} nats, balance {Flow.Balance:G3} a feature{spectrum}{layer}, round trip {RoundTrip.Largest:G3} (double {RoundTripInDouble.Largest:G3}), {alarms}");
        }
    }

    private static string Name(FlowAlarmKind kind) => kind switch
    {
        FlowAlarmKind.Conditioning => "conditioning",
        FlowAlarmKind.RoundTrip => "round-trip",
        FlowAlarmKind.LogDetJump => "log-det-jump",
        FlowAlarmKind.NonFinite => "non-finite",
        _ => "failure",
    };
}
