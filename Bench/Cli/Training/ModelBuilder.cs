using System.Text.Json;
using System.Text.Json.Nodes;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>Makes the recipe of a new run: a preset or a recipe file, with the strategy asked for and a standardising layer where wanted.</summary>
internal static class ModelBuilder
{
    private const int LargestRecipe = 1 << 24;

    public static JsonElement Recipe(RunDescription run, DataSet data)
    {
        Preset? preset = Presets.Find(run.Model);
        JsonObject recipe = preset is null ? FromFile(run.Model, data) : FromPreset(preset, run, data);
        JsonArray layers = recipe["layers"] as JsonArray ?? throw new BadInputException($"{run.Model}: the recipe has no list 'layers'; it should look like {{\"layers\": [{{\"kind\": \"linear\", \"dimension\": {data.Train.Columns}}}]}}.");
        if (run.Standardize) layers.Insert(0, Standardizing(data));
        if (StrategyChoice.Of(run) is { } strategy) StrategyChoice.Apply(layers, strategy, run.Model);
        recipe["version"] ??= ModelFile.RecipeVersion;
        recipe["dtype"] = run.Dtype;
        recipe["seed"] = run.Seed;
        recipe["base"] ??= new JsonObject { ["kind"] = "standard-normal", ["dimension"] = data.Train.Columns };
        using JsonDocument json = JsonDocument.Parse(recipe.ToJsonString());
        return json.RootElement.Clone();
    }

    /// <summary>log p in standardised units minus log p in original ones: the sum of the logarithms of the deviations.</summary>
    public static double StandardizedOffset(DataSet data)
    {
        (_, double[] deviation) = Statistics(data.Train, data.Levels);
        return deviation.Sum(Math.Log);
    }

    private static JsonObject FromPreset(Preset preset, RunDescription run, DataSet data)
    {
        preset.Check?.Invoke(data);
        int d = data.Train.Columns;
        var layers = new JsonArray();
        if (data.Levels > 0 && !run.Standardize)
            layers.Add(new JsonObject { ["kind"] = "logit", ["dimension"] = d, ["alpha"] = Presets.LogitAlpha(data.Levels), ["low"] = 0, ["high"] = data.Levels });
        foreach (string kind in preset.Layers)
        {
            if (kind == "standardize")
            {
                // Raw values are standardised by the option of that name; here it is the logits' turn.
                if (layers.Count > 0) layers.Add(LogitStandardization.Layer(data));
                else if (!run.Standardize) layers.Add(Standardizing(data));
                continue;
            }

            layers.Add(kind switch
            {
                "linear" => new JsonObject { ["kind"] = kind, ["dimension"] = d },
                "smooth-leaky-relu" => new JsonObject { ["kind"] = kind, ["dimension"] = d, ["alpha"] = Presets.SmoothLeakyReluSlope },
                "rational-quadratic-spline" => new JsonObject { ["kind"] = kind, ["dimension"] = d, ["bins"] = Presets.SplineBins, ["tail_bound"] = Presets.SplineBound, ["identity_init"] = true },
                _ => throw new InvalidOperationException($"Preset {preset.Name}: no layer of kind {kind}."),
            });
        }

        if (preset.Images is { } images)
            foreach (JsonNode? layer in images(ImageOf(preset, data))) layers.Add(layer!.DeepClone());
        if (preset.Recipe is { } recipe)
            foreach (JsonNode? layer in recipe(d)) layers.Add(layer!.DeepClone());
        var model = new JsonObject { ["layers"] = layers };
        if (preset.Base is { } onBase) model["base"] = onBase(d);
        return model;
    }

    private static JsonObject FromFile(string path, DataSet data)
    {
        if (!File.Exists(path))
            throw new BadInputException($"--model {path}: is neither a preset ({string.Join(", ", Presets.All.Select(p => p.Name))}) nor a recipe file; give one of these names or the path of a JSON recipe.");
        try
        {
            var file = new FileInfo(path);
            if (file.Length > LargestRecipe) throw new BadInputException($"{path}: has {file.Length} bytes, a recipe at most {LargestRecipe}; give a JSON recipe.");
            JsonNode? node = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { MaxDepth = 32, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            JsonObject recipe = node as JsonObject ?? throw new BadInputException($"{path}: a recipe must be a JSON object with a list 'layers'.");
            _ = recipe.ToJsonString();
            if (recipe["layers"] is JsonArray layers)
                for (int i = 0; i < layers.Count; i++) RequireWidth(path, layers[i], i, data);
            if (recipe["base"] is { } b) RequireWidth(path, b, -1, data);
            return recipe;
        }
        catch (JsonException e)
        {
            throw new BadInputException($"{path}: is no valid JSON, line {e.LineNumber + 1}, byte {e.BytePositionInLine}; expected a recipe such as {{\"layers\": [{{\"kind\": \"linear\", \"dimension\": {data.Train.Columns}}}]}}.");
        }
        catch (ArgumentException e)
        {
            // JsonObject finds a repeated property when it is first read.
            throw new BadInputException($"{path}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: cannot be read ({e.Message}); give a readable recipe file.");
        }
    }

    private static void RequireWidth(string path, JsonNode? layer, int index, DataSet data)
    {
        if (layer is JsonObject o && o["dimension"] is JsonValue v && v.TryGetValue(out long dimension) && dimension != data.Train.Columns)
            throw new BadInputException($"{path}: {(index < 0 ? "the base" : $"layer {index}")} has {dimension} features, but {data.Name} has {data.Train.Columns} columns; change the recipe, or choose columns with --columns.");
    }

    private static ImageShape ImageOf(Preset preset, DataSet data)
        => data.Train is { Height: { } height, Width: { } width } ? new ImageShape(data.Train.Channels, height, width)
            : throw new BadInputException($"--model {preset.Name}: is a flow of images, but {data.Name} has rows of {data.Train.Columns} columns without an image's sides; give images (IDX files, or optdigits), without --columns, or a flow of vectors such as spline-fc2.");

    private static JsonObject Standardizing(DataSet data)
    {
        (double[] mean, double[] deviation) = Statistics(data.Train, data.Levels);
        JsonArray scale = [], shift = [];
        for (int i = 0; i < mean.Length; i++)
        {
            if (!(deviation[i] > 0) || !double.IsFinite(deviation[i]))
                throw new BadInputException($"--standardize: column {i} of {data.Name} has the same value {mean[i]:R} in all training rows and cannot be standardised; leave it out with --columns.");
            scale.Add(1 / deviation[i]);
            shift.Add(-mean[i] / deviation[i]);
        }

        return new JsonObject { ["kind"] = "affine", ["scale"] = scale, ["shift"] = shift };
    }

    /// <summary>Means and (biased) deviations of a table's columns. Two passes; the noise of dequantisation adds 1/2 to the mean and 1/12 to the variance.</summary>
    public static (double[] Mean, double[] Deviation) Statistics(Table table, int levels)
    {
        double[] mean = new double[table.Columns], deviation = new double[table.Columns], row = new double[table.Columns];
        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            for (int i = 0; i < row.Length; i++) mean[i] += row[i] / table.Rows;
        }

        for (int r = 0; r < table.Rows; r++)
        {
            table.CopyRow(r, row.AsSpan());
            for (int i = 0; i < row.Length; i++) deviation[i] += (row[i] - mean[i]) * (row[i] - mean[i]) / table.Rows;
        }

        for (int i = 0; i < row.Length; i++)
        {
            // Rounding leaves a column of equal values a deviation that is not quite 0.
            if (deviation[i] <= 1e-28 * mean[i] * mean[i]) deviation[i] = 0;
            deviation[i] = Math.Sqrt(deviation[i] + (levels > 0 ? 1.0 / 12 : 0));
            mean[i] += levels > 0 ? 0.5 : 0;
        }

        return (mean, deviation);
    }
}
