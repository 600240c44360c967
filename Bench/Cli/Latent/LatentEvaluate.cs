using System.Numerics;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary><c>nativeflow evaluate</c> for latent-variable models.</summary>
internal static class LatentEvaluate
{
    public static void Run(TextWriter stdout, TextWriter stderr, string path, (Table Table, string Part) rows, int samples, bool bose2020, DeviceChoice device, int threads, bool json)
    {
        if (ModelFile.DtypeOf(path) == "float") Run<float>(stdout, stderr, path, rows, samples, bose2020, device, threads, json);
        else Run<double>(stdout, stderr, path, rows, samples, bose2020, device, threads, json);
    }

    private static void Run<T>(TextWriter stdout, TextWriter stderr, string path, (Table Table, string Part) rows, int samples, bool bose2020, DeviceChoice device, int threads, bool json) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using IBackend<T> backend = device.Make<T>(threads);
        using LatentModel<T> model = LatentModelFile.Load(path, backend);
        if (model.DataDimension != rows.Table.Columns)
            throw new Engine.BadInputException($"{path}: the model has {model.DataDimension} features, but {rows.Table.Name} has {rows.Table.Columns} columns; choose the data it was trained on with --data, or another model.");
        var display = new RunDisplay(stderr, Terminal.IsOne(stderr), quiet: false);
        LatentResult? result = null;
        display.Run(() => result = LatentResult.Of(model, rows.Table, samples, bose2020, part =>
        {
            if (display.WantsBar(part >= 1)) display.Bar(part, $"K = {samples}");
        }));
        if (json)
        {
            stdout.WriteLine(JsonText.Object(w =>
            {
                w.WriteString("model", path);
                w.WriteString("model_kind", model.Kind);
                w.WriteString("data", rows.Table.Name);
                w.WriteString("part", rows.Part);
                result!.Write(w);
                HistoryLine.Number(w, "radius", model.Radius);
            }));
            return;
        }

        stdout.WriteLine($"{rows.Table.Name} ({rows.Part}, {rows.Table.Rows} rows) under {model.Kind}, n = {model.Latent}{(double.IsFinite(model.Radius) ? FormattableString.Invariant($", R = {model.Radius:F4}") : "")}:");
        foreach (string line in result!.Lines()) stdout.WriteLine(line);
    }
}
