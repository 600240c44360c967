using System.Globalization;

namespace NativeFlow.Layers;

/// <summary>A warning of a <see cref="FlowMonitor{T}"/>.</summary>
/// <param name="Kind">What of.</param>
/// <param name="Where">The layer, or <c>flow</c>.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Limit">What it should not exceed.</param>
/// <param name="Detail">The failure's own words; empty otherwise.</param>
public sealed record FlowAlarm(FlowAlarmKind Kind, string Where, double Value, double Limit, string Detail = "")
{
    /// <summary>One line: what, where, what to do.</summary>
    public override string ToString() => Kind switch
    {
        FlowAlarmKind.Conditioning => $"{Where}: condition number times rounding unit is {Text(Value)} (limit {Text(Limit)}); bound the layer's scales, or train in double.",
        FlowAlarmKind.RoundTrip => $"{Where}: the way there and back misses by {Text(Value)} (limit {Text(Limit)}); bound the layers' scales, lower the learning rate, or train in double.",
        FlowAlarmKind.LogDetJump => $"{Where}: the log-determinant jumped by {Text(Value)} standard deviations (limit {Text(Limit)}); lower the learning rate or clip the gradient.",
        FlowAlarmKind.NonFinite => $"{Where}: {Text(Value)} numbers of the probe rows are not finite.",
        _ => $"{Where}: {Detail}",
    };

    private static string Text(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
