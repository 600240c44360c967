using System.Numerics;
using System.Text;
using System.Text.Json;
using NativeFlow.Engine;
using NativeFlow.Kernels;

namespace NativeFlow.Layers;

/// <summary>A graph autoencoder as a safetensors file: tensors by name, and the recipe as JSON in the metadata. The graph is no part of it: who loads it gives the graph.</summary>
public static class GraphModelFile
{
    /// <summary>Version of the recipe that this code writes and the newest that it reads.</summary>
    public const int RecipeVersion = 1;

    private const string Family = "graph";
    private static readonly string[] s_models = ["vgae", "vgae-nc", "hvgae", "vgae-tc", "vgae-whc"];
    private static readonly string[] s_decoders = ["inner", "distance"];
    private static readonly string[] s_normalizations = ["symmetric", "row"];

    /// <summary>Names of the models, in the order of <see cref="LatentModelKind"/>.</summary>
    public static IReadOnlyList<string> Models => s_models;

    /// <summary>Names of the decoders, in the order of <see cref="GraphDecoder"/>.</summary>
    public static IReadOnlyList<string> Decoders => s_decoders;

    /// <summary>Names of the normalisations, in the order of <see cref="AdjacencyNormalization"/>.</summary>
    public static IReadOnlyList<string> Normalizations => s_normalizations;

    /// <summary>Writes a model; the file is replaced whole or not at all.</summary>
    public static void Save<T>(GraphAutoencoder<T> model, string path) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var file = new TensorFileWriter();
        ModelFile.Add(file, Recipe(model), model.Store);
        file.Write(path);
    }

    /// <summary>Reads a model for a graph.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, no graph autoencoder, of another element type, or of another number of nodes or features.</exception>
    public static GraphAutoencoder<T> Load<T>(string path, Graph graph, Table? features = null, IBackend<T>? backend = null) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using TensorFile file = TensorFile.Open(path);
        file.VerifyChecksum();
        GraphAutoencoderOptions options;
        int nodes, inputs;
        using (JsonDocument recipe = ModelFile.ParseRecipe(path, file))
        {
            try
            {
                (options, nodes, inputs) = FromRecipe(recipe.RootElement, typeof(T) == typeof(float) ? "float" : "double");
            }
            catch (BadInputException e)
            {
                throw new BadInputException($"{path}: {e.Message}");
            }
        }

        if (nodes != graph.Nodes || inputs != (features?.Columns ?? graph.Nodes))
            throw new BadInputException($"{path}: the model is of {nodes} nodes with {inputs} features each, the graph has {graph.Nodes} nodes with {features?.Columns ?? graph.Nodes}; give the graph and the features it was trained on.");
        RefuseOversized(path, file, options, inputs);
        var model = new GraphAutoencoder<T>(options, graph, features, backend);
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

    /// <summary>The recipe as JSON text.</summary>
    public static string Recipe<T>(GraphAutoencoder<T> model) where T : unmanaged, IFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(model);
        GraphAutoencoderOptions o = model.Options;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version", RecipeVersion);
            json.WriteString("family", Family);
            json.WriteString("model", s_models[(int)o.Kind]);
            json.WriteString("dtype", typeof(T) == typeof(float) ? "float" : "double");
            json.WriteNumber("seed", o.Seed);
            json.WriteNumber("nodes", model.Graph.Nodes);
            json.WriteNumber("inputs", model.Inputs);
            json.WriteNumber("latent", o.Latent);
            json.WriteNumber("hidden", o.Hidden);
            json.WriteString("normalization", s_normalizations[(int)o.Normalization]);
            json.WriteString("decoder", s_decoders[(int)o.Decoder]);
            json.WriteNumber("blocks", o.Blocks);
            json.WriteNumber("flow_hidden", o.FlowHidden);
            json.WriteNumber("radius", o.Radius);
            json.WriteBoolean("learn_radius", o.LearnRadius);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static (GraphAutoencoderOptions Options, int Nodes, int Inputs) FromRecipe(JsonElement recipe, string dtype)
    {
        if (recipe.ValueKind != JsonValueKind.Object || !recipe.TryGetProperty("family", out JsonElement family) || family.ValueKind != JsonValueKind.String || !family.ValueEquals(Family))
            throw new BadInputException("the recipe is not one of a graph autoencoder (family \"graph\"); it may be a flow's.");
        var reader = new ConfigReader("recipe", recipe);
        reader.OptionalString("family");
        int version = reader.Integer("version", 1);
        if (version > RecipeVersion) throw new BadInputException($"recipe: version {version} is not known; this program reads up to version {RecipeVersion}.");
        string written = reader.Choice("dtype", "double", "float", "double");
        if (dtype != written) throw new BadInputException($"recipe: the model is of {written}, asked for is {dtype}; load it as {written}.");
        int nodes = reader.Integer("nodes", 1), inputs = reader.Integer("inputs", 1);
        var options = new GraphAutoencoderOptions
        {
            Kind = (LatentModelKind)Array.IndexOf(s_models, reader.Choice("model", "", s_models)),
            Latent = reader.Integer("latent", 1),
            Hidden = reader.Integer("hidden", 1),
            Normalization = (AdjacencyNormalization)Array.IndexOf(s_normalizations, reader.Choice("normalization", s_normalizations[0], s_normalizations)),
            Decoder = (GraphDecoder)Array.IndexOf(s_decoders, reader.Choice("decoder", "", s_decoders)),
            Blocks = reader.Integer("blocks", 0),
            FlowHidden = reader.Integer("flow_hidden", 0),
            Radius = reader.Number("radius"),
            LearnRadius = reader.Flag("learn_radius", false),
            Seed = reader.Seed("seed") ?? 0,
        };
        reader.Make(() => options.Posterior(inputs));
        return (options, nodes, inputs);
    }

    // A recipe is a claim; memory is taken only for as many numbers as the tensors in the file can bear out.
    private static void RefuseOversized(string path, TensorFile file, GraphAutoencoderOptions o, int inputs)
    {
        double held = 0, flow = o.FlowHidden;
        foreach (TensorInfo t in file.Tensors) held += t.Count;
        double claimed = ((double)inputs * o.Hidden) + (2.0 * o.Hidden * o.Latent);
        if (o.Posterior(inputs).HasFlow) claimed += o.Blocks * ((flow * flow) + (flow * o.Latent / 2));
        if (claimed > held) throw new BadInputException($"{path}: the recipe asks for {claimed:G6} numbers, but the file holds only {held:G6}; it is damaged or was edited.");
    }
}
