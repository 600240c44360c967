using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NativeFlow.Cli.Compare;

/// <summary>What a run that is not finished must remember beside the trainer's checkpoint.</summary>
internal sealed record CompareProgress
{
    public required string Run { get; init; }

    public required double Seconds { get; init; }

    public required int NextPoint { get; init; }

    public required double Reconstruction { get; init; }

    public required double ValidationNll { get; init; }

    public required IReadOnlyList<ComparePoint> Curve { get; init; }
}

/// <summary>Records as JSON: names in snake case; a number that is none is null.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(NumberConverter)])]
[JsonSerializable(typeof(CompareRecord))]
[JsonSerializable(typeof(CompareProgress))]
internal sealed partial class CompareJson : JsonSerializerContext
{
    /// <summary>One line.</summary>
    public static string Line(CompareRecord record) => JsonSerializer.Serialize(record, Default.CompareRecord);

    /// <summary>All records as an array, one a line.</summary>
    public static string Array(IReadOnlyList<CompareRecord> records) => records.Count == 0 ? "[]" : $"[\n{string.Join(",\n", records.Select(Line))}\n]";

    private sealed class NumberConverter : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Null => double.NaN,
            JsonTokenType.String => double.Parse(reader.GetString()!, CultureInfo.InvariantCulture),
            _ => reader.GetDouble(),
        };

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsNaN(value)) writer.WriteNullValue();
            else if (double.IsInfinity(value)) writer.WriteStringValue(value > 0 ? "Infinity" : "-Infinity");
            else writer.WriteNumberValue(value);
        }
    }
}
