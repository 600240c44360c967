using System.Numerics;
using System.Text;
using NativeFlow.Cli.Commands;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary><c>nativeflow train</c> for latent-variable models.</summary>
internal static class LatentTrain
{
    public static int Run(TrainRequest request)
    {
        if (request.Monitor > 0) throw new BadInputException("--monitor: looks at the layers of a flow; a latent-variable model has none to look at, leave the option out.");
        request = request with { Given = LatentSettings.Given(request.Given) };
        RunDescription? run = null;
        bool resume = false;
        RunFolder? folder = request.Out is null ? null : new RunFolder(request.Out);
        if (request.Resume && folder is not null) (resume, run) = RunStart.Stored(request, folder);
        string? Asked(string name) => run is null ? request.Given.GetValueOrDefault(name) : run[name];
        DataSet data = DataChoice.Open(Asked("data") ?? Presets.DefaultData, Asked("columns"), Asked("split"), null).Set;
        RunDescription asked = run ?? LatentSettings.Resolve(request.Given, data);
        if (folder is null)
        {
            folder = new RunFolder(RunStart.DefaultFolder(request.Given, asked));
            if (request.Resume) (resume, run) = RunStart.Stored(request, folder);
            asked = run ?? asked;
        }

        if (resume && asked.DataChecksum != RunSettings.Checksum(data)) throw new BadInputException($"{asked.Data}: the data are not those that the run in {folder.FullName} was started with; put them back, or start anew in another folder.");
        if (!resume) RunStart.RequireFree(folder, asked);
        return asked.Dtype == "float" ? Run<float>(request, asked, data, folder, resume) : Run<double>(request, asked, data, folder, resume);
    }

    private static int Run<T>(TrainRequest request, RunDescription run, DataSet data, RunFolder folder, bool resume) where T : unmanaged, IFloatingPointIeee754<T>
    {
        TextWriter writer = request.Json ? request.Stderr : request.Stdout;
        var display = new RunDisplay(writer, Terminal.IsOne(writer), request.Quiet);
        using var stop = new StopSignal();
        using var training = new LatentRun<T>(run, data, folder, display, stop, request.Device, request.Threads, resume, request.CheckpointSeconds);
        LatentModelOptions model = training.Model.Options;
        bool binary = model.Likelihood == DecoderLikelihoodKind.Bernoulli;
        if (request.Device.Line is { } device) display.Line(device);
        display.Line($"data   {data.Name}: {data.Train.Rows} train, {data.Validation.Rows} validation, {data.Test.Rows} test rows x {data.Train.Columns}{(binary ? ", 0 or 1 drawn anew in every epoch, cut at 0.5 in validation and test" : "")}");
        display.Line($"model  {run.Model}: {model.DataDimension} > {model.Hidden} > {model.Latent} > {model.Hidden} > {model.DataDimension}{(model.HasFlow ? $", {model.Blocks} couplings of width {model.FlowHidden}" : "")}, {run["likelihood"]}{(model.IsHyperbolic ? $", radius {run["radius-schedule"]}{(run["radius"] is { } r ? $" {r}" : "")}{(model.LearnRadius ? ", learned" : "")}" : "")}; {training.Model.Store.ParameterCount} parameters, {run.Dtype}, {training.BackendName}");
        display.Line($"train  {run.Epochs} epochs, batch {run.Batch}, {run["optimizer"]} lr {run["lr"]}, {run["schedule"]}, beta {run["beta"]}, seed {run.Seed}{(LatentSettings.IsCompatible(run) ? ", objective of bose2020" : "")}; to {folder.FullName}");
        if (resume) display.Line($"resume at epoch {training.Trainer.State.Epoch}, step {training.Trainer.State.Step}");
        else if (request.Resume) display.Line("resume: the folder has no checkpoint yet, so the run starts from the beginning");

        LatentResult? result = null;
        try
        {
            display.Run(() => result = training.Train() ? training.Finish() : null);
        }
        catch (OperationCanceledException)
        {
            // Stopped in the final measurement; the checkpoint stands at the end of training.
        }

        if (result is null)
        {
            writer.WriteLine($"stopped at step {training.Trainer.State.Step}, epoch {training.Trainer.State.Epoch}; everything is saved. Go on with: nativeflow train --resume{request.Device.AsOption} --out {folder.FullName}");
            return Program.Done;
        }

        string summary = LatentSummary.Of(run, data, folder, training, result, request.Threads);
        AtomicFile.Write(folder.Summary, stream => stream.Write(Encoding.UTF8.GetBytes(summary + "\n")));
        if (request.Json)
        {
            request.Stdout.WriteLine(summary);
            return Program.Done;
        }

        TextWriter stdout = request.Stdout;
        string lead = "test   ";
        foreach (string line in result.Lines())
        {
            stdout.WriteLine(lead + line);
            lead = "       ";
        }

        if (model.IsHyperbolic) stdout.WriteLine(FormattableString.Invariant($"radius {training.Model.Radius:F4}"));
        stdout.WriteLine(FormattableString.Invariant($"time   {training.Seconds:F1} s of training, peak memory {TrainSummary.PeakMemory() / 1048576.0:F0} MiB"));
        stdout.WriteLine($"files  {folder.FullName}: model.safetensors, history.jsonl,{(File.Exists(folder.Samples) ? " samples.png," : "")} summary.json");
        return Program.Done;
    }
}
