using System.Globalization;
using System.Text;
using System.Text.Json;

namespace NativeFlow.Cli;

/// <summary>Prints a report: one line a layer, or JSON.</summary>
internal static class VerifyWriter
{
    public static void Text(VerifyReport report, TextWriter output)
    {
        output.WriteLine($"Golden cases in {report.Dtype} on {string.Join(" and ", report.Backends)}; error = max|a - b| / max(1, max|b|)");
        foreach (LayerReport layer in report.Layers)
        {
            CaseResult worst = layer.Worst;
            string numbers = $"{layer.Layer,-36} {Cases(layer.Cases),9}  worst {Short(layer.WorstError),8}";
            output.WriteLine(layer.Ok ? $"{numbers}  ok{NotJudged(layer)}" : $"{numbers}  FAIL  {worst.Case} on {worst.Backend}: {worst.Explain()}");
        }
        foreach (CaseResult failed in report.Layers.Where(l => l.Failed > 1).SelectMany(l => l.Results.Where(r => !r.Ok && r != l.Worst)))
            output.WriteLine($"also failed: {failed.Layer}  {failed.Case} on {failed.Backend}: {failed.Explain()}");
        foreach ((string layer, int cases) in report.Unknown)
            output.WriteLine($"{layer,-36} {Cases(cases),9}  unknown");
        if (report.Dtype == "float") Exceptions(report, output);
        output.WriteLine($"{report.Passed} passed, {report.Failed} failed, {report.UnknownCases} unknown");
    }

    public static void Json(VerifyReport report, TextWriter output)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("dtype", report.Dtype);
            json.WriteStartArray("backends");
            foreach (string name in report.Backends) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteStartArray("layers");
            foreach (LayerReport layer in report.Layers) Layer(json, layer);
            json.WriteEndArray();
            json.WriteStartArray("unknown_layers");
            foreach ((string layer, int cases) in report.Unknown)
            {
                json.WriteStartObject();
                json.WriteString("layer", layer);
                json.WriteNumber("cases", cases);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            if (report.Dtype == "float") Exceptions(report, json);
            json.WriteNumber("passed", report.Passed);
            json.WriteNumber("failed", report.Failed);
            json.WriteNumber("unknown", report.UnknownCases);
            json.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static void Exceptions(VerifyReport report, TextWriter output)
    {
        CaseResult[] above = [.. Above(report)];
        output.WriteLine($"Above {Short(ToleranceRule.PlainSingle)} against the stored numbers: {Cases(above.Length).TrimEnd()}, each with its worst tensor, what is allowed and why");
        foreach (CaseResult result in above)
        {
            TensorResult worst = result.AbovePlain[0];
            string more = result.AbovePlain.Count == 1 ? "" : $" (and {result.AbovePlain.Count - 1} more)", on = report.Backends.Count == 1 ? "" : $" on {result.Backend}";
            output.WriteLine($"  {Short(worst.Plain),8} of {Short(worst.PlainAllowed),8} allowed  {result.Case}{on}: {worst.Tensor}{more}; {Cause(worst)}");
        }
    }

    private static void Exceptions(VerifyReport report, Utf8JsonWriter json)
    {
        json.WriteStartArray("above_single_bound");
        foreach (CaseResult result in Above(report))
        {
            json.WriteStartObject();
            json.WriteString("file", result.Path);
            json.WriteString("case", result.Case);
            json.WriteString("layer", result.Layer);
            json.WriteString("backend", result.Backend);
            json.WriteStartArray("tensors");
            foreach (TensorResult tensor in result.AbovePlain)
            {
                json.WriteStartObject();
                json.WriteString("tensor", tensor.Tensor);
                Number(json, "error", tensor.Plain);
                Number(json, "allowed", tensor.PlainAllowed);
                json.WriteString("cause", Cause(tensor));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static IEnumerable<CaseResult> Above(VerifyReport report) => report.Layers.SelectMany(static l => l.Results).Where(static r => r.AbovePlain.Count > 0);

    private static string Cause(TensorResult tensor) => tensor.Ok ? tensor.Cause : "no cause allows it: it fails";

    private static void Layer(Utf8JsonWriter json, LayerReport layer)
    {
        json.WriteStartObject();
        json.WriteString("layer", layer.Layer);
        json.WriteNumber("cases", layer.Cases);
        json.WriteNumber("failed", layer.Failed);
        json.WriteBoolean("ok", layer.Ok);
        Number(json, "worst_relative_error", layer.WorstError);
        json.WriteNumber("not_judged", layer.NotJudged);
        json.WriteString("nearest_case", layer.Worst.Case);
        json.WriteString("nearest_tensor", layer.Worst.Worst.Tensor);
        json.WriteStartArray("failures");
        foreach (CaseResult failed in layer.Results.Where(r => !r.Ok))
        {
            json.WriteStartObject();
            json.WriteString("file", failed.Path);
            json.WriteString("backend", failed.Backend);
            json.WriteString("reason", failed.Explain());
            json.WriteStartArray("tensors");
            foreach (string name in failed.Off) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // JSON has no NaN; a string says what it is.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    private static string Cases(int count) => count == 1 ? "1 case " : $"{count} cases";

    private static string Short(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);

    private static string NotJudged(LayerReport layer)
        => layer.NotJudged == 0 ? "" : $"  ({layer.NotJudged} tensors too ill-conditioned for single precision, not judged)";
}
