using System.Numerics;
using NativeFlow.Cli.Training;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>summary.json of a latent-variable model's run.</summary>
internal static class LatentSummary
{
    public static string Of<T>(RunDescription run, DataSet data, RunFolder folder, LatentRun<T> training, LatentResult result, int threads) where T : unmanaged, IFloatingPointIeee754<T>
        => JsonText.Object(json =>
        {
            LatentModel<T> model = training.Model;
            json.WriteString("model_kind", model.Kind);
            json.WriteStartObject("test");
            result.Write(json);
            json.WriteEndObject();
            json.WriteBoolean("bose2020_objective", LatentSettings.IsCompatible(run));
            json.WriteNumber("latent", model.Latent);
            HistoryLine.Number(json, "radius", model.Radius);
            json.WriteNumber("seconds", Math.Round(training.Seconds, 3));
            json.WriteString("data", data.Name);
            json.WriteStartObject("rows");
            json.WriteNumber("train", data.Train.Rows);
            json.WriteNumber("validation", data.Validation.Rows);
            json.WriteNumber("test", data.Test.Rows);
            json.WriteEndObject();
            json.WriteNumber("dimension", model.DataDimension);
            json.WriteNumber("parameters", model.Store.ParameterCount);
            json.WriteNumber("seed", run.Seed);
            json.WriteString("dtype", run.Dtype);
            json.WriteNumber("epochs", run.Epochs);
            json.WriteNumber("steps", training.Trainer.State.Step);
            json.WriteNumber("threads", threads);
            json.WriteNumber("peak_memory_bytes", TrainSummary.PeakMemory());
            TrainSummary.Versions(json, training.BackendName);
            json.WritePropertyName("options");
            run.WriteOptions(json);
            json.WritePropertyName("recipe");
            json.WriteRawValue(LatentModelFile.Recipe<T>(model.Options));
            json.WriteString("model", Path.GetFullPath(folder.Model));
        });
}
