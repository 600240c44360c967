using System.Numerics;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary><c>nativeflow info</c> for latent-variable models.</summary>
internal static class LatentInfo
{
    public static void Print(TextWriter stdout, string path, bool json)
    {
        if (ModelFile.DtypeOf(path) == "float") Print<float>(stdout, path, json);
        else Print<double>(stdout, path, json);
    }

    private static void Print<T>(TextWriter stdout, string path, bool json) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(1);
        using LatentModel<T> model = LatentModelFile.Load(path, backend);
        string checksum, recipe = LatentModelFile.Recipe<T>(model.Options);
        using (TensorFile file = TensorFile.Open(path)) checksum = file.RequireMetadata("checksum");
        LatentModelOptions o = model.Options;
        if (json)
        {
            stdout.WriteLine(JsonText.Object(w =>
            {
                w.WriteString("model", path);
                w.WriteString("model_kind", model.Kind);
                w.WriteNumber("bytes", new FileInfo(path).Length);
                w.WriteString("checksum", checksum);
                w.WriteNumber("dimension", o.DataDimension);
                w.WriteNumber("latent", o.Latent);
                w.WriteNumber("parameters", model.Store.ParameterCount);
                HistoryLine.Number(w, "radius", model.Radius);
                w.WritePropertyName("recipe");
                w.WriteRawValue(recipe);
            }));
            return;
        }

        stdout.WriteLine($"{path}: {new FileInfo(path).Length} bytes, {checksum}");
        stdout.WriteLine($"latent-variable model {model.Kind}: {o.DataDimension} features, n = {o.Latent}, {model.Store.ParameterCount} parameters, {ModelFile.DtypeOf(path)}, seed {o.Seed}");
        if (o.IsHyperbolic) stdout.WriteLine(FormattableString.Invariant($"hyperbolic: R = {model.Radius:G6}, curvature {-1 / (model.Radius * model.Radius):G6}{(o.LearnRadius ? ", learned" : "")}"));
        stdout.WriteLine($"recipe {recipe}");
    }
}
