using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A latent-variable model as a safetensors file: tensors by name, and the recipe as JSON in the metadata, as <see cref="ModelFile"/> does for flows.</summary>
public static class LatentModelFile
{
    /// <summary>Version of the recipe that this code writes and the newest that it reads.</summary>
    public const int RecipeVersion = 1;

    private const string Family = "latent";
    private static readonly string[] s_likelihoods = ["gaussian", "bernoulli"];

    /// <summary>Writes a model; the file is replaced whole or not at all.</summary>
    public static void Save<T>(LatentModel<T> model, string path) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var file = new TensorFileWriter();
        ModelFile.Add(file, Recipe<T>(model.Options), model.Store);
        file.Write(path);
    }

    /// <summary>Reads a model.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, no latent-variable model, of a newer version or of another element type.</exception>
    public static LatentModel<T> Load<T>(string path, IBackend<T>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using TensorFile file = TensorFile.Open(path);
        file.VerifyChecksum();
        LatentModelOptions options = OptionsOf(path, file, DtypeName<T>());
        RefuseOversized(path, file, options);
        LatentModel<T> model = LatentModels.Create(options, backend);
        try
        {
            ModelFile.Read(path, file, model.Store);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Whether a model file or checkpoint holds a latent-variable model rather than a flow.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged or no model.</exception>
    public static bool IsLatentModel(string path)
    {
        using TensorFile file = TensorFile.Open(path);
        using JsonDocument recipe = ModelFile.ParseRecipe(path, file);
        return IsLatent(recipe.RootElement);
    }

    /// <summary>The recipe of a model file or checkpoint, whatever its element type.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged or no latent-variable model.</exception>
    public static LatentModelOptions OptionsOf(string path)
    {
        using TensorFile file = TensorFile.Open(path);
        return OptionsOf(path, file, null);
    }

    /// <summary>The recipe as JSON text.</summary>
    public static string Recipe<T>(LatentModelOptions options) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", RecipeVersion);
            json.WriteString("family", Family);
            json.WriteString("model", LatentModels.NameOf(options.Kind));
            json.WriteString("dtype", DtypeName<T>());
            json.WriteNumber("seed", options.Seed);
            json.WriteNumber("data_dimension", options.DataDimension);
            json.WriteNumber("latent", options.Latent);
            json.WriteNumber("hidden", options.Hidden);
            json.WriteNumber("hidden_layers", options.HiddenLayers);
            json.WriteString("activation", Activations.Names[(int)options.Activation]);
            json.WriteNumber("blocks", options.Blocks);
            json.WriteNumber("flow_hidden", options.FlowHidden);
            json.WriteNumber("radius", options.Radius);
            json.WriteBoolean("learn_radius", options.LearnRadius);
            json.WriteString("likelihood", s_likelihoods[(int)options.Likelihood]);
            json.WriteNumber("variance", options.Variance);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Reads a recipe.</summary>
    /// <param name="recipe">What <see cref="Recipe{T}"/> wrote.</param>
    /// <param name="dtype">Element type that it must have, <c>float</c> or <c>double</c>; null for any.</param>
    /// <exception cref="BadInputException">It is no such recipe, of a newer version, or something in it is missing, unknown or out of range.</exception>
    public static LatentModelOptions FromRecipe(JsonElement recipe, string? dtype = null)
    {
        if (!IsLatent(recipe)) throw new BadInputException("the recipe is not one of a latent-variable model (family \"latent\"); it may be a flow's.");
        var reader = new ConfigReader("recipe", recipe);
        reader.OptionalString("family");
        int version = reader.Integer("version", 1);
        if (version > RecipeVersion) throw new BadInputException($"recipe: version {version} is not known; this program reads up to version {RecipeVersion}.");
        string written = reader.Choice("dtype", "double", "float", "double");
        if (dtype is not null && dtype != written) throw new BadInputException($"recipe: the model is of {written}, asked for is {dtype}; load it as {written}.");
        LatentModels.TryParse(reader.Choice("model", "", [.. LatentModels.Names]), out LatentModelKind kind);
        var options = new LatentModelOptions
        {
            Kind = kind,
            DataDimension = reader.Integer("data_dimension", 1),
            Latent = reader.Integer("latent", 1),
            Hidden = reader.Integer("hidden", 1),
            HiddenLayers = reader.Integer("hidden_layers", 0),
            Activation = Activations.Read(reader, Activation.LeakyRelu),
            Blocks = reader.Integer("blocks", 0),
            FlowHidden = reader.Integer("flow_hidden", 0),
            Radius = reader.Number("radius"),
            LearnRadius = reader.Flag("learn_radius", true),
            Likelihood = (DecoderLikelihoodKind)Array.IndexOf(s_likelihoods, reader.Choice("likelihood", s_likelihoods[0], s_likelihoods)),
            Variance = reader.Number("variance"),
            Seed = reader.Seed("seed") ?? 0,
        };
        return reader.Make(options.Checked);
    }

    private static LatentModelOptions OptionsOf(string path, TensorFile file, string? dtype)
    {
        using JsonDocument recipe = ModelFile.ParseRecipe(path, file);
        try
        {
            return FromRecipe(recipe.RootElement, dtype);
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{path}: {e.Message}");
        }
    }

    // A recipe is a claim; memory is taken only for as many numbers as the tensors in the file can bear out.
    private static void RefuseOversized(string path, TensorFile file, LatentModelOptions o)
    {
        double held = 0, hidden = o.Hidden, columns = (double)o.DataDimension + o.Latent, flow = o.FlowHidden;
        foreach (TensorInfo t in file.Tensors) held += t.Count;
        double claimed = o.HiddenLayers == 0 ? (double)o.DataDimension * o.Latent : hidden * columns + 2 * (o.HiddenLayers - 1) * hidden * hidden;
        if (o.HasFlow) claimed += o.Blocks * (flow * flow + flow * o.Latent / 2);
        if (claimed > held) throw new BadInputException($"{path}: the recipe asks for {claimed:G6} numbers, but the file holds only {held:G6}; it is damaged or was edited.");
    }

    private static bool IsLatent(JsonElement recipe)
        => recipe.ValueKind == JsonValueKind.Object && recipe.TryGetProperty("family", out JsonElement family) && family.ValueKind == JsonValueKind.String && family.ValueEquals(Family);

    private static string DtypeName<T>() => typeof(T) == typeof(float) ? "float" : "double";
}
