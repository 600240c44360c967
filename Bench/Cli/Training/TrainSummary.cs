using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>What a finished run is worth, as summary.json.</summary>
internal static class TrainSummary
{
    public static string Of<T>(RunDescription run, Commands.DataChoice choice, RunFolder folder, TrainRun<T> training, LikelihoodEvaluation test, double standardizedOffset, int threads)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Flow<T> flow = training.Flow;
        DataSet data = choice.Set;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("strategy", LayerStrategies.Of(flow));
            json.WriteNumber("seconds", Math.Round(training.Seconds, 3));
            json.WriteStartObject("test");
            Likelihood(json, test, standardizedOffset);
            json.WriteEndObject();
            if (data.Toy is { } toy && training.Excess is { } excess) Entropy(json, toy, excess);
            json.WriteStartObject("validation");
            json.WriteNumber("nats", training.Trainer.State.BestScore);
            json.WriteNumber("bits_per_dim", -training.Trainer.State.BestScore / (flow.Dimension * Math.Log(2)));
            json.WriteNumber("best_epoch", training.Trainer.State.BestEpoch);
            json.WriteEndObject();
            if (training.Inverses.Count > 0) HistoryLine.Inverses(json, training.Inverses);
            json.WriteString("data", data.Name);
            json.WriteStartObject("rows");
            json.WriteNumber("train", data.Train.Rows);
            json.WriteNumber("validation", data.Validation.Rows);
            json.WriteNumber("test", data.Test.Rows);
            json.WriteEndObject();
            choice.Write(json);
            json.WriteNumber("dimension", flow.Dimension);
            json.WriteNumber("parameters", flow.Store.ParameterCount);
            json.WriteNumber("seed", run.Seed);
            json.WriteString("dtype", run.Dtype);
            json.WriteNumber("epochs", run.Epochs);
            json.WriteNumber("steps", training.Trainer.State.Step);
            json.WriteNumber("threads", threads);
            json.WriteNumber("peak_memory_bytes", PeakMemory());
            Versions(json, training.BackendName);
            json.WritePropertyName("options");
            run.WriteOptions(json);
            json.WritePropertyName("recipe");
            json.WriteRawValue(ModelFile.Recipe(flow));
            json.WriteString("model", Path.GetFullPath(folder.Model));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>The keys of a likelihood, the same in every report.</summary>
    public static void Likelihood(Utf8JsonWriter json, LikelihoodEvaluation value, double standardizedOffset = double.NaN)
    {
        json.WriteNumber("nats", value.Nats);
        json.WriteNumber("bits_per_dim", value.BitsPerDim);
        json.WriteNumber("standard_error", value.StandardError);
        json.WriteNumber("draws", value.Draws);
        json.WriteNumber("rows", value.Rows);
        if (double.IsFinite(standardizedOffset)) json.WriteNumber("nats_standardized", value.Nats + standardizedOffset);
    }

    /// <summary>A known entropy beside the test loss, what no model can get below but for the luck of the rows; and the excess over it, which hardly depends on that luck.</summary>
    public static void Entropy(Utf8JsonWriter json, IToyDensity toy, DivergenceEstimate excess)
    {
        json.WriteStartObject("entropy");
        json.WriteNumber("nats", toy.Entropy);
        json.WriteString("source", toy.EntropySource);
        json.WriteNumber("excess", excess.Nats);
        json.WriteNumber("excess_standard_error", excess.StandardError);
        json.WriteString("excess_is", "over the truth (KL), E[log p - log q]");
        json.WriteEndObject();
    }

    /// <summary>As the other, in words.</summary>
    public static string Entropy(IToyDensity toy, LikelihoodEvaluation value, DivergenceEstimate excess)
        => FormattableString.Invariant($"       NLL {-value.Nats:F4} +- {value.StandardError:F4} nats; the density's own entropy is {toy.Entropy:F4} ({toy.EntropySource})\n       excess over the truth (KL), E[log p - log q]: {excess.Nats:G4} +- {excess.StandardError:G2} nats, on the same {excess.Rows} rows");

    public static long PeakMemory()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    public static string Version => typeof(TrainSummary).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static void Versions(Utf8JsonWriter json, string backend)
    {
        json.WriteStartObject("versions");
        json.WriteString("nativeflow", Version);
        json.WriteString("dotnet", Environment.Version.ToString());
        json.WriteString("os", RuntimeInformation.OSDescription);
        json.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        json.WriteString("backend", backend);
        json.WriteEndObject();
    }
}
