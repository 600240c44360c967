using System.Numerics;
using System.Text;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Graphs;

/// <summary><c>nativeflow train</c> for models of graphs.</summary>
internal static class GraphTrain
{
    /// <summary>What the name of data that are a graph begins with.</summary>
    public const string DataPrefix = "graph:";

    public static IReadOnlyList<string> Models => GraphModelFile.Models;

    public static bool IsModel(string name) => Models.Contains(name);

    public static int Run(TrainRequest request)
    {
        if (request.Monitor > 0) throw new BadInputException("--monitor: looks at the layers of a flow; a model of graphs has none to look at, leave the option out.");
        request = request with { Given = GraphSettings.Given(request.Given) };
        RunDescription? run = null;
        bool resume = false;
        RunFolder? folder = request.Out is null ? null : new RunFolder(request.Out);
        if (request.Resume && folder is not null) (resume, run) = RunStart.Stored(request, folder);
        string? Asked(string name) => run is null ? request.Given.GetValueOrDefault(name) : run[name];
        GraphData data = GraphSource.Open(Asked("data") ?? "graph:spreading", Asked("features"), Asked("nodes"));
        if (!request.Given.ContainsKey("data")) request.Given["data"] = Asked("data") ?? "graph:spreading";
        RunDescription asked = run ?? GraphSettings.Resolve(request.Given, data);
        if (folder is null)
        {
            folder = new RunFolder(RunStart.DefaultFolder(request.Given, asked));
            if (request.Resume) (resume, run) = RunStart.Stored(request, folder);
            asked = run ?? asked;
        }

        if (resume && asked.DataChecksum != GraphSource.Checksum(data)) throw new BadInputException($"{asked.Data}: the graph is not the one that the run in {folder.FullName} was started with; put it back, or start anew in another folder.");
        if (!resume) RunStart.RequireFree(folder, asked);
        return asked.Dtype == "float" ? Run<float>(request, asked, data, folder, resume) : Run<double>(request, asked, data, folder, resume);
    }

    private static int Run<T>(TrainRequest request, RunDescription run, GraphData data, RunFolder folder, bool resume) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TextWriter writer = request.Json ? request.Stderr : request.Stdout;
        var display = new RunDisplay(writer, Terminal.IsOne(writer), request.Quiet);
        using var stop = new StopSignal();
        using var training = new GraphRun<T>(run, data, folder, display, stop, request.Device, request.Threads, resume, request.CheckpointSeconds);
        GraphAutoencoderOptions model = training.Model.Options;
        LinkSplit split = training.Split;
        if (request.Device.Line is { } device) display.Line(device);
        display.Line($"data   {GraphSource.Describe(data)}; edges {split.Train.Edges.Length} train, {split.Validation.Count} validation, {split.Test.Count} test, the held-out ones with as many non-edges");
        display.Line($"model  {run.Model}: {training.Model.Inputs} > {model.Hidden} > {model.Latent}, decoder {run["decoder"]}, adjacency {run["normalization"]}{(run["radius"] is { } r ? $", radius {r}{(model.LearnRadius ? ", learned" : "")}" : "")}; {training.Model.Store.ParameterCount} parameters, {run.Dtype}, {training.BackendName}");
        display.Line($"train  {run.Epochs} epochs, adam lr {run["lr"]}, beta {run["beta"]}, dropout {run["dropout"]}, edge dropout {run["edge-dropout"]}, seed {run.Seed}; to {folder.FullName}");
        if (resume) display.Line($"resume at epoch {training.Trainer.State.Epoch}");
        else if (request.Resume) display.Line("resume: the folder has no checkpoint yet, so the run starts from the beginning");

        bool finished = false;
        display.Run(() => finished = training.Train());
        if (!finished)
        {
            writer.WriteLine($"stopped at epoch {training.Trainer.State.Epoch}; everything is saved. Go on with: nativeflow train --resume{request.Device.AsOption} --out {folder.FullName}");
            return Program.Done;
        }

        (GraphResult best, GraphResult last) = training.Finish();
        string summary = Summary(run, data, folder, training, best, last, request.Threads);
        AtomicFile.Write(folder.Summary, stream => stream.Write(Encoding.UTF8.GetBytes(summary + "\n")));
        if (request.Json)
        {
            request.Stdout.WriteLine(summary);
            return Program.Done;
        }

        request.Stdout.WriteLine($"test   {best.Line()} (best validation, epoch {best.Epoch}: the model that is kept)");
        request.Stdout.WriteLine($"       {last.Line()} (last epoch, as published)");
        request.Stdout.WriteLine(FormattableString.Invariant($"time   {training.Seconds:F1} s of training, peak memory {TrainSummary.PeakMemory() / 1048576.0:F0} MiB"));
        request.Stdout.WriteLine($"files  {folder.FullName}: model.safetensors, history.jsonl, summary.json");
        return Program.Done;
    }

    private static string Summary<T>(RunDescription run, GraphData data, RunFolder folder, GraphRun<T> training, GraphResult best, GraphResult last, int threads) where T : unmanaged, IFloatingPointIeee754<T>
        => JsonText.Object(json =>
        {
            json.WriteString("task", "link prediction");
            json.WriteNumber("seconds", Math.Round(training.Seconds, 3));
            best.Write(json, "best_validation");
            last.Write(json, "last_epoch");
            json.WriteStartObject("graph");
            json.WriteString("name", data.Name);
            json.WriteNumber("nodes", data.Graph.Nodes);
            json.WriteNumber("edges", data.Graph.Edges.Length);
            json.WriteNumber("duplicates", data.Duplicates);
            json.WriteNumber("features", data.Features?.Columns ?? 0);
            json.WriteNumber("train_edges", training.Split.Train.Edges.Length);
            json.WriteNumber("validation_edges", training.Split.Validation.Count);
            json.WriteNumber("test_edges", training.Split.Test.Count);
            json.WriteEndObject();
            if (training.Model.Posterior.Space is { } space) json.WriteNumber("radius", space.Radius(training.Model.Store));
            json.WriteNumber("parameters", training.Model.Store.ParameterCount);
            json.WriteNumber("seed", run.Seed);
            json.WriteString("dtype", run.Dtype);
            json.WriteNumber("epochs", run.Epochs);
            json.WriteNumber("threads", threads);
            json.WriteNumber("peak_memory_bytes", TrainSummary.PeakMemory());
            json.WriteString("version", TrainSummary.Version);
            json.WritePropertyName("options");
            run.WriteOptions(json);
            json.WritePropertyName("recipe");
            json.WriteRawValue(GraphModelFile.Recipe(training.Model));
            json.WriteString("model", Path.GetFullPath(folder.Model));
        });
}
