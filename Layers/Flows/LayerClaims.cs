using System.Text.Json;

namespace NativeFlow.Layers;

/// <summary>How many numbers a recipe entry with networks or layers inside asks for, at least; read from the entry alone, before anything is made.</summary>
internal static class LayerClaims
{
    // Deeper nests are refused by the JSON reader itself.
    public static double Of(JsonElement layer)
    {
        if (layer.ValueKind != JsonValueKind.Object) return 0;
        double d = Number(layer, "dimension", 0), context = Number(layer, "context", 0), sum = 0;
        switch (Text(layer, "kind"))
        {
            case "autoregressive-conv":
                return MaskedKernel(layer);
            case "conv1x1":
                double channels = Number(layer, "channels", 0);
                return channels * (Text(layer, "form") == "householder" ? Number(layer, "reflections", channels) : channels);
            case "coupling":
                double moving = 0, features = 0;
                foreach (JsonElement m in List(layer, "mask")) (moving, features) = (moving + (m.ValueKind == JsonValueKind.Number && m.TryGetDouble(out double v) ? v : 0), features + 1);
                return Network(layer, features - moving + context, moving);
            case "emerging":
                return (2 * MaskedKernel(layer)) + (Number(layer, "channels", 0) * Number(layer, "height", 0) * Number(layer, "width", 0));
            case "linear":
                return d * d;
            case "multi-scale":
                foreach (JsonElement level in List(layer, "levels"))
                    foreach (JsonElement inner in List(level, "layers")) sum += Of(inner);
                return sum;
            case "piecewise":
                double branches = Number(layer, "branches", 2);
                return (d * ((3 * branches) - 1)) + (layer.TryGetProperty("gate", out JsonElement gate) ? Weights(gate, d, d * branches) : 0);
            case "recomputed":
                foreach (JsonElement inner in List(layer, "layers")) sum += Of(inner);
                return sum;
            case "two-sided-coupling":
                double split = Number(layer, "split", Math.Floor(d / 2));
                return Network(layer, d - split + context, split) + Network(layer, split + context, d - split);
            case "variational-dequantization":
                foreach (JsonElement inner in List(layer, "noise")) sum += Of(inner);
                return sum;
            default:
                return 0;
        }
    }

    private static double MaskedKernel(JsonElement layer)
    {
        double columns = Number(layer, "channels", 0) * Number(layer, "kernel", 2);
        return columns * columns;
    }

    private static double Network(JsonElement layer, double inputs, double outputs)
        => layer.TryGetProperty("conditioner", out JsonElement net) ? Weights(net, inputs, outputs) : 0;

    // One output a feature, though most transformers have more parameters: a claim must not be above what is really there.
    private static double Weights(JsonElement net, double inputs, double outputs)
    {
        if (net.ValueKind != JsonValueKind.Object) return 0;
        double sum = 0, before = inputs;
        switch (Text(net, "kind"))
        {
            case "mlp":
                if (!net.TryGetProperty("hidden", out _)) return 0;
                foreach (JsonElement width in List(net, "hidden"))
                {
                    double next = width.ValueKind == JsonValueKind.Number && width.TryGetDouble(out double number) ? number : 0;
                    sum += before * next;
                    before = next;
                }
                return sum + (before * outputs);
            case "residual-mlp":
                double hidden = Number(net, "hidden", 64);
                return (inputs * hidden) + (2 * Number(net, "blocks", 2) * hidden * hidden) + (hidden * outputs);
            case "separate":
                foreach (JsonElement part in List(net, "networks")) sum += Weights(part, inputs, outputs);
                return sum;
            default:
                return 0;
        }
    }

    private static JsonElement.ArrayEnumerator List(JsonElement entry, string name)
        => entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static string Text(JsonElement entry, string name)
        => entry.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static double Number(JsonElement entry, string name, double otherwise)
        => entry.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : otherwise;
}
