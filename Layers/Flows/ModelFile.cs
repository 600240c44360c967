using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A flow as a safetensors file: tensors by name, and the recipe as JSON in the metadata. Nothing in it can execute.</summary>
public static class ModelFile
{
    /// <summary>Version of the recipe that this code writes and the newest that it reads.</summary>
    public const int RecipeVersion = 1;

    private const string RecipeKey = "recipe";
    private const string CountersKey = "counters";

    /// <summary>Writes a model.</summary>
    public static void Save<T>(Flow<T> flow, string path) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var file = new TensorFileWriter();
        Add(file, Recipe(flow), flow.Store);
        file.Write(path);
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, no model, or of a newer version.</exception>
    public static Flow<T> Load<T>(string path, IBackend<T>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using TensorFile file = TensorFile.Open(path);
        file.VerifyChecksum();
        Flow<T> flow = Create<T>(path, file, backend);
        try
        {
            Read(path, file, flow.Store);
            return flow;
        }
        catch
        {
            flow.Dispose();
            throw;
        }
    }

    /// <summary>Element type that a model was trained in: <c>float</c> or <c>double</c>.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged or no model.</exception>
    public static string DtypeOf(string path)
    {
        using TensorFile file = TensorFile.Open(path);
        using JsonDocument recipe = ParseRecipe(path, file);
        return recipe.RootElement.TryGetProperty("dtype", out JsonElement e) && e.ValueKind == JsonValueKind.String && e.GetString() is "float" or "double"
            ? recipe.RootElement.GetProperty("dtype").GetString()!
            : throw new BadInputException($"{path}: the recipe names no dtype (float or double); the file was not written by this program.");
    }

    /// <summary>The recipe of a flow as JSON text.</summary>
    public static string Recipe<T>(Flow<T> flow) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", RecipeVersion);
            json.WriteString("dtype", typeof(T) == typeof(float) ? "float" : "double");
            json.WriteNumber("seed", flow.Seed);
            json.WriteStartArray("layers");
            foreach (IBijector<T> layer in flow.Transforms)
            {
                json.WriteStartObject();
                json.WriteString("kind", layer.Kind);
                layer.WriteConfig(json);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartObject("base");
            json.WriteString("kind", flow.Base.Kind);
            flow.Base.WriteConfig(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Makes an untrained flow from a recipe.</summary>
    /// <exception cref="BadInputException">The recipe is of a newer version or something in it is missing, unknown or out of range.</exception>
    public static Flow<T> FromRecipe<T>(JsonElement recipe, IBackend<T>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var reader = new ConfigReader("recipe", recipe);
        int version = reader.Integer("version", 1, RecipeVersion);
        if (version > RecipeVersion) throw new BadInputException($"recipe: version {version} is not known; this program reads up to version {RecipeVersion}.");
        reader.OptionalString("dtype");
        ulong seed = reader.Seed("seed") ?? 0;
        JsonElement layers = reader.Array("layers"), baseConfig = reader.Object("base");
        List<IBijector<T>> transforms = LayerList.Read<T>(layers);
        if (transforms.Count == 0) throw new BadInputException("recipe: 'layers' is empty; a flow needs at least one layer.");
        IDistribution<T> baseDistribution = DistributionRegistry.Create<T>(baseConfig);
        return reader.Make(() => new Flow<T>(transforms, baseDistribution, seed, backend));
    }

    /// <summary>Adds a recipe and all that a store holds: what every kind of model file is made of.</summary>
    internal static void Add<T>(TensorFileWriter file, string recipe, ParameterStore<T> store) where T : unmanaged, IFloatingPointIeee754<T>
    {
        file.AddMetadata(RecipeKey, recipe);
        foreach (ParameterStore<T>.Entry e in store.Parameters) file.Add<T>(e.Name, [e.Var.Rows, e.Var.Cols], store.Read(e.Var));
        foreach (ParameterStore<T>.Entry e in store.Buffers) file.Add<T>(e.Name, [e.Var.Rows, e.Var.Cols], store.Read(e.Var));
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (int i = 0; i < store.Counters.Count; i++) json.WriteNumber(store.Counters[i], store[i]);
            json.WriteEndObject();
        }
        file.AddMetadata(CountersKey, Encoding.UTF8.GetString(buffer.ToArray()));
    }

    /// <summary>Fills a built store with what the file holds.</summary>
    /// <exception cref="BadInputException">A tensor is missing, has another shape or holds a number that is not finite.</exception>
    internal static void Read<T>(string path, TensorFile file, ParameterStore<T> store) where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach (IReadOnlyList<ParameterStore<T>.Entry> list in (IReadOnlyList<ParameterStore<T>.Entry>[])[store.Parameters, store.Buffers])
            foreach (ParameterStore<T>.Entry e in list) ReadTensor(path, file, e.Name, e.Var.Rows, e.Var.Cols, store.ValueOf(e.Var), store.Backend);
        using JsonDocument counters = Parse(path, CountersKey, file.RequireMetadata(CountersKey));
        for (int i = 0; i < store.Counters.Count; i++)
        {
            // A counter that the file lacks belongs to somebody who came after it was written, such as an optimiser attached later.
            if (counters.RootElement.TryGetProperty(store.Counters[i], out JsonElement value) && value.TryGetInt64(out long number)) store[i] = number;
        }
    }

    internal static void ReadTensor<T>(string path, TensorFile file, string name, int rows, int cols, Slice destination, IBackend<T> backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!file.TryGet(name, out TensorInfo? info)) throw new BadInputException($"{path}: lacks the tensor '{name}' that its recipe asks for; the file is damaged or was edited.");
        if (info.Shape.Length != 2 || info.Shape[0] != rows || info.Shape[1] != cols)
            throw new BadInputException($"{path}: tensor '{name}' is [{string.Join(", ", info.Shape)}], the recipe says [{rows}, {cols}]; the file is damaged or was edited.");
        var values = new T[rows * cols];
        file.Read(name, values.AsSpan());
        foreach (T v in values)
            if (!T.IsFinite(v)) throw new BadInputException($"{path}: tensor '{name}' holds a value that is not finite; the model cannot be used, train it again from an earlier checkpoint.");
        backend.Write(values, destination);
    }

    internal static Flow<T> Create<T>(string path, TensorFile file, IBackend<T>? backend) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using JsonDocument recipe = ParseRecipe(path, file);
        if (recipe.RootElement.ValueKind == JsonValueKind.Object && recipe.RootElement.TryGetProperty("family", out JsonElement family))
            throw new BadInputException($"{path}: holds {(family.ValueKind == JsonValueKind.String && family.ValueEquals("latent") ? "a latent-variable model" : $"a model of the family {BadInputException.Quote(family.ToString())}")}, not a flow with an exact likelihood; use evaluate, sample or info.");
        RefuseOversized(path, file, recipe.RootElement);
        try
        {
            return FromRecipe(recipe.RootElement, backend);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{path}: {e.Message}");
        }
    }

    // A recipe is a claim; memory is taken only for as many numbers as the tensors in the file can bear out, all layers together.
    private static void RefuseOversized(string path, TensorFile file, JsonElement recipe)
    {
        if (!recipe.TryGetProperty("layers", out JsonElement layers) || layers.ValueKind != JsonValueKind.Array) return;
        double held = 0, claimed = 0;
        int index = 0;
        foreach (TensorInfo t in file.Tensors) held += t.Count;
        RefuseOversizedBase(path, held, recipe);
        foreach (JsonElement layer in layers.EnumerateArray())
        {
            if (layer.ValueKind != JsonValueKind.Object) continue;
            double d = Claim(layer, "dimension", 0), channels = Claim(layer, "channels", 0);
            claimed += layer.TryGetProperty("kind", out JsonElement kind) && kind.ValueKind == JsonValueKind.String
                ? kind.GetString() switch
                {
                    "autoregressive" => MaskedNumbers(layer, d),
                    "bnaf" => 2 * d * d * Claim(layer, "hidden_per_dim", 8),
                    "iaf-gated" => 3 * d * Claim(layer, "hidden", 64),
                    "linear" => d * d,
                    "rational-quadratic-spline" => d * (3 * Claim(layer, "bins", 8) - 1),
                    "actnorm" => 2 * channels,
                    "autoregressive-conv" or "conv1x1" or "emerging" => LayerClaims.Of(layer),
                    "permutation" => channels * Claim(layer, "pixels", 1),
                    "coupling" or "multi-scale" or "piecewise" or "recomputed" or "two-sided-coupling" or "variational-dequantization" => LayerClaims.Of(layer),
                    _ => 0,
                }
                : 0;
            if (claimed > held)
                throw new BadInputException($"{path}: with layer {index} (of {Math.Max(d, channels)} features) the recipe asks for {claimed:G6} numbers, but the file holds only {held:G6}; it is damaged or was edited.");
            index++;
        }
    }

    // A fixed base has its numbers in the recipe, or none where it starts from the identity; that much is taken on its word.
    private static void RefuseOversizedBase(string path, double held, JsonElement recipe)
    {
        const double Trusted = 1 << 16;
        if (!recipe.TryGetProperty("base", out JsonElement b) || b.ValueKind != JsonValueKind.Object || !b.TryGetProperty("kind", out JsonElement kind) || kind.ValueKind != JsonValueKind.String) return;
        double d = Claim(b, "dimension", 0), components = Claim(b, "components", 1);
        double claimed = kind.GetString() switch
        {
            "full-normal-covariance" or "full-normal-scale-tril" => d * d,
            "full-gaussian-mixture" => components * d * d,
            "diagonal-gaussian-mixture" or "logistic-mixture" => components * d,
            _ => 0,
        };
        foreach (JsonProperty p in b.EnumerateObject())
            if (p.Value.ValueKind == JsonValueKind.Array) held += p.Value.GetArrayLength();
        if (claimed > held + Trusted)
            throw new BadInputException($"{path}: its base (of {d} features) asks for {claimed:G6} numbers, but the file holds only {held:G6}; it is damaged or was edited.");
    }

    // Weights between the features and the first hidden layer, and between hidden layers.
    private static double MaskedNumbers(JsonElement layer, double features)
    {
        double before = features, sum = 0;
        if (!layer.TryGetProperty("conditioner", out JsonElement net) || net.ValueKind != JsonValueKind.Object) return 0;
        if (!net.TryGetProperty("hidden", out JsonElement hidden) || hidden.ValueKind != JsonValueKind.Array) return features * 64;
        foreach (JsonElement width in hidden.EnumerateArray())
        {
            double next = width.ValueKind == JsonValueKind.Number && width.TryGetDouble(out double number) ? number : 0;
            sum += before * next;
            before = next;
        }
        return sum;
    }

    private static double Claim(JsonElement layer, string name, double otherwise)
        => layer.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : otherwise;

    internal static JsonDocument ParseRecipe(string path, TensorFile file) => Parse(path, RecipeKey, file.RequireMetadata(RecipeKey));

    private static JsonDocument Parse(string path, string key, string text)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new BadInputException($"{path}: metadata '{key}' is no JSON object; the file is damaged or no model.");
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path}: metadata '{key}' is no valid JSON (byte {e.BytePositionInLine}); the file is damaged or no model.");
        }
    }
}
