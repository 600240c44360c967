using System.CommandLine;
using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Cli.Latent;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow info</c>.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        Argument<string> model = new("MODEL") { Description = "model.safetensors written by train" };
        Option<bool> asJson = Arguments.Switch("--json", "print as JSON");
        Command command = new("info", "What a model file holds: layers, parameters, element type, recipe, checksum.") { model, asJson };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            if (LatentModelFile.IsLatentModel(path))
            {
                LatentInfo.Print(stdout, path, parsed.GetValue(asJson));
                return Program.Done;
            }

            string dtype = ModelFile.DtypeOf(path);
            if (dtype == "float") Print<float>(stdout, path, dtype, parsed.GetValue(asJson));
            else Print<double>(stdout, path, dtype, parsed.GetValue(asJson));
            return Program.Done;
        });
        return command;
    }

    private static void Print<T>(TextWriter stdout, string path, string dtype, bool asJson) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(1);
        using Flow<T> flow = ModelFile.Load(path, backend);
        string checksum;
        using (TensorFile file = TensorFile.Open(path)) checksum = file.RequireMetadata("checksum");
        string recipe = ModelFile.Recipe(flow);
        if (asJson)
        {
            stdout.WriteLine(JsonText.Object(json =>
            {
                json.WriteString("model", path);
                json.WriteNumber("bytes", new FileInfo(path).Length);
                json.WriteString("checksum", checksum);
                json.WriteString("dtype", dtype);
                json.WriteNumber("dimension", flow.Dimension);
                if (flow.ContextWidth > 0) json.WriteNumber("context", flow.ContextWidth);
                json.WriteNumber("parameters", flow.Store.ParameterCount);
                json.WriteStartArray("layers");
                for (int i = 0; i < flow.Transforms.Count; i++)
                {
                    json.WriteStartObject();
                    json.WriteNumber("layer", i);
                    json.WriteString("kind", flow.Transforms[i].Kind);
                    json.WriteNumber("parameters", ParametersOf(flow, i));
                    if (LayerStrategies.NameOf(flow.Transforms[i]) is { } strategy) json.WriteString("strategy", strategy);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteString("base", flow.Base.Kind);
                json.WritePropertyName("recipe");
                json.WriteRawValue(recipe);
            }));
            return;
        }

        stdout.WriteLine($"{path}: {new FileInfo(path).Length} bytes, {checksum}");
        stdout.WriteLine($"{flow.Dimension} features{(flow.ContextWidth > 0 ? $", context of {flow.ContextWidth}" : "")}, {flow.Store.ParameterCount} parameters, {dtype}, seed {flow.Seed}");
        for (int i = 0; i < flow.Transforms.Count; i++)
            stdout.WriteLine($"{i,3}  {flow.Transforms[i].Kind,-26} {ParametersOf(flow, i),9} parameters{LayerStrategies.Describe(flow.Transforms[i])}");
        stdout.WriteLine($"  >  {flow.Base.Kind}");
        stdout.WriteLine($"recipe {recipe}");
    }

    private static long ParametersOf<T>(Flow<T> flow, int layer) where T : unmanaged, IFloatingPointIeee754<T>
        => flow.Store.Parameters.Where(e => e.Name.StartsWith($"layers.{layer}.", StringComparison.Ordinal)).Sum(e => (long)e.Var.Length);
}
