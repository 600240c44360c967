using System.CommandLine;
using System.Numerics;
using System.Text;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Graphs;
using NativeFlow.Cli.Latent;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        string presets = string.Join("; ", Presets.All.Select(p => $"{p.Name}: {p.About}"));
        Option<string?>[] identity =
        [
            Arguments.Text("--data", $"optdigits (built in), toy:NAME[:ROWS[:SEED]] ({string.Join(", ", Toys.All.Select(t => t.Name))}), {BranchingDiffusion.Grammar} (branching diffusion), a folder of MNIST-style IDX files (.gz or not), a file: CSV, TSV, .npy, IDX, or for models of graphs {GraphSource.Help} [optdigits]", "NAME|PATH"),
            Arguments.Text("--columns", "columns to use, such as 0-10,12 or pH,alcohol [all]", "LIST"),
            Arguments.Text("--split", "file that divides the rows into train, validation and test", "FILE"),
            Arguments.Text("--dequantize", DataChoice.DequantizeHelp, "columns[:SEED]"),
            Arguments.Text("--model", $"preset or JSON recipe file [{Presets.DefaultModel(64, 17)}; {Presets.DefaultModel(784, 256)} for images of more than 128 pixels]. Presets: {presets}. Latent-variable models: {string.Join(", ", LatentNames.Models)}; of graphs: {string.Join(", ", GraphTrain.Models)}", "PRESET|FILE"),
            Arguments.Text("--strategy", $"Jacobian strategy of all linear, conv2d, residual and cnf layers that it works on: {string.Join(", ", StrategyChoice.Names)}; or a JSON object such as {{\"name\":\"roulette\",\"probes\":4}} [the preset's]", "NAME"),
            Arguments.Text("--lambda", $"weight of the reconstruction penalty of free-form [1] and the snf strategies [{Presets.Lambda("snf-reconstruction", 64)} for up to 128 features, else 1; snf-published: {Presets.Lambda("snf-published", 64)}]", "WEIGHT"),
            Arguments.Text("--every", "steps between two refreshes of stale-inverse [10] or newton-schulz [1]", "STEPS"),
            Arguments.Text("--probes", "probes of the snf-...-probes strategies [batch size]", "N"),
            Arguments.Text("--epochs", "passes over the training rows [by number of rows]", "N"),
            Arguments.Text("--batch", "rows of a step [100]", "ROWS"),
            Arguments.Text("--lr", "learning rate after the warm-up [by optimizer]", "RATE"),
            Arguments.Text("--optimizer", $"{string.Join(", ", OptimizerFactory.Names)}, or a JSON object with name and options [{Presets.Optimizer(null)}; relative: SGD with momentum 0.9 and --clip {Presets.Clip("relative")}]", "NAME|JSON"),
            Arguments.Text("--schedule", $"constant, cosine[:FINAL], step:EPOCHS[:GAMMA] [{Presets.Schedule}]", "SHAPE"),
            Arguments.Text("--warmup", "steps of linear warm-up [5 % of all, at most 100]", "STEPS"),
            Arguments.Text("--clip", "largest 2-norm of the gradient [none]", "NORM"),
            Arguments.Text("--seed", "seed of everything random [0]", "N"),
            Arguments.Text("--dtype", "float or double [float]", "TYPE"),
            .. LatentNames.CreateTexts(),
            .. GraphNames.CreateTexts(),
        ];
        Option<bool>[] flags = LatentNames.CreateFlags();
        Option<bool> standardize = Arguments.Switch("--standardize", "put a fixed standardising layer first (means and deviations of the training rows); likelihoods are then shown in both units");
        Option<string?> threads = Arguments.Text("--threads", "threads; results do not depend on it [one per processor]", "N");
        Option<string?> device = DeviceChoice.CreateOption();
        Option<string?> output = Arguments.Text("--out", "folder for model.safetensors, history.jsonl, samples.png, summary.json and the checkpoint [runs/...]", "DIR");
        Option<bool> resume = Arguments.Switch("--resume", "go on with the run in --out, from its last checkpoint, with the options it was started with");
        Option<bool> asJson = Arguments.Switch("--json", "print the summary as JSON on standard output; progress goes to standard error");
        Option<bool> quiet = Arguments.Switch("--quiet", "no progress, only warnings and the result");
        Option<string?> every = Arguments.Text("--checkpoint-seconds", "seconds between two checkpoints inside an epoch [10]", "S");
        every.Hidden = true;
        Option<string?> monitor = Arguments.Text("--monitor", "look every so many steps at volume, stretching, conditioning and round trip of every layer, into monitor.jsonl of the run; warns once of each alarm [never]", "STEPS");
        Option<string?> report = Arguments.Text("--report-every", "read losses and norms every so many steps, for a device that should not wait; results do not depend on it [1 on the CPU, 50 on a device]", "STEPS");
        Option<string?> context = Arguments.Text("--context-columns", "columns that the model is conditioned on; the same as --columns \"DATA|CONTEXT\", which evaluate and score take too [none]", "LIST");

        Command command = new("train", "Trains a flow; without further words a self-normalizing flow on the built-in handwritten digits. Ctrl-C stops after the step and saves (exit code 0); --resume goes on, to the same bits.");
        foreach (Option<string?> option in identity) command.Add(option);
        foreach (Option<bool> flag in flags) command.Add(flag);
        foreach (Option option in (ReadOnlySpan<Option>)[standardize, context, monitor, report, threads, device, output, resume, asJson, quiet, every]) command.Add(option);
        command.SetAction(parsed =>
        {
            var given = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (Option<string?> option in identity)
                if (parsed.GetValue(option) is { } text) given[option.Name[2..]] = text;
            foreach (Option<bool> flag in flags)
                if (parsed.GetValue(flag)) given[flag.Name[2..]] = "true";
            if (parsed.GetValue(standardize)) given["standardize"] = "true";
            if (parsed.GetValue(context) is { } list) given["columns"] = $"{given.GetValueOrDefault("columns")}|{list}";
            // Refuses what cannot be read before any file is opened.
            foreach ((string name, string text) in given) RunDescription.Canonical(name, text);
            var request = new TrainRequest(
                given, parsed.GetValue(output), parsed.GetValue(resume), parsed.GetValue(asJson), parsed.GetValue(quiet),
                parsed.GetValue(threads) is { } n ? Arguments.Whole("--threads", n, 1) : Environment.ProcessorCount,
                DeviceChoice.Of(parsed.GetValue(device)),
                parsed.GetValue(every) is { } s ? Arguments.Number("--checkpoint-seconds", s, zero: true) : 10,
                parsed.GetValue(monitor) is { } k ? Arguments.Whole("--monitor", k, 1) : 0,
                parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error)
            {
                ReportEvery = parsed.GetValue(report) is { } r ? Arguments.Whole("--report-every", r, 1) : 0,
            };
            ModelFamily family = ModelFamilies.Of(request);
            if (family is ModelFamily.Graph or ModelFamily.Latent && request.ReportEvery > 1)
                throw new BadInputException($"--report-every {request.ReportEvery}: flows alone are trained without reading every step; leave the option out.");
            switch (family)
            {
                case ModelFamily.Graph:
                    return GraphTrain.Run(request);
                case ModelFamily.Latent:
                    GraphNames.Refuse(request);
                    return LatentTrain.Run(request);
                default:
                    GraphNames.Refuse(request);
                    LatentNames.Refuse(request);
                    return Run(request);
            }
        });
        return command;
    }

    private static int Run(TrainRequest request)
    {
        RunDescription? run = null;
        bool resume = false;
        RunFolder? folder = request.Out is null ? null : new RunFolder(request.Out);
        if (request.Resume && folder is not null) (resume, run) = RunStart.Stored(request, folder);
        string? Asked(string name) => run is null ? request.Given.GetValueOrDefault(name) : run[name];
        DataChoice choice = DataChoice.Open(Asked("data") ?? Presets.DefaultData, Asked("columns"), Asked("split"), Asked("dequantize"));
        DataSet data = choice.Set;
        RunDescription asked = run ?? RunSettings.Resolve(request.Given, data);
        if (folder is null)
        {
            folder = new RunFolder(RunStart.DefaultFolder(request.Given, asked));
            if (request.Resume) (resume, run) = RunStart.Stored(request, folder);
            asked = run ?? asked;
        }

        if (resume && asked.DataChecksum != RunSettings.Checksum(data)) throw new BadInputException($"{asked.Data}: the data are not those that the run in {folder.FullName} was started with; put them back, or start anew in another folder.");
        if (!resume) RunStart.RequireFree(folder, asked);
        return asked.Dtype == "float" ? Run<float>(request, asked, choice, folder, resume) : Run<double>(request, asked, choice, folder, resume);
    }

    // What a learned inverse's penalty weighs.
    private static string Weight<T>(IJacobianStrategy<T> strategy) where T : unmanaged, IFloatingPointIeee754<T>
        => ((strategy as SelfNormalizing<T>)?.Weight ?? (strategy as FreeForm<T>)?.Weight) is { } weight ? FormattableString.Invariant($", lambda {weight:G4}") : "";

    private static int Run<T>(TrainRequest request, RunDescription run, DataChoice choice, RunFolder folder, bool resume) where T : unmanaged, IFloatingPointIeee754<T>
    {
        DataSet data = choice.Set;
        TextWriter writer = request.Json ? request.Stderr : request.Stdout;
        double offset = run.Standardize ? ModelBuilder.StandardizedOffset(data) : double.NaN;
        var display = new TrainDisplay(writer, Terminal.IsOne(writer), request.Quiet, data.Levels > 0, offset);
        using var stop = new StopSignal();
        using var training = new TrainRun<T>(run, data, folder, display, stop, request.Device, request.Threads, resume, request.CheckpointSeconds, request.Monitor, request.ReportEvery);
        if (request.Device.Line is { } device) display.Line(device);
        display.Line($"data   {data.Train.Name}: {data.Train.Rows} train, {data.Validation.Rows} validation, {data.Test.Rows} test rows x {data.Train.Columns}{(data.Levels > 0 ? $", {data.Levels} levels, dequantised" : "")}{(run.Standardize ? ", standardised" : "")}");
        if (choice.Noise is not null) display.Line(choice.Describe());
        display.Line($"model  {run.Model}: {string.Join(" > ", training.Flow.Transforms.Select(t => t is IJacobianLayer<T> l ? $"{t.Kind}({l.Strategy.Name}{Weight(l.Strategy)})" : LayerStrategies.NameOf(t) is { } name ? $"{t.Kind}({name})" : t.Kind))} > {training.Flow.Base.Kind}; {training.Flow.Store.ParameterCount} parameters, {run.Dtype}, {training.BackendName}");
        display.Line($"train  {run.Epochs} epochs, batch {run.Batch}, {run["optimizer"]} lr {run["lr"]}, {run["schedule"]}, warm-up {run.Warmup} steps, seed {run.Seed}; to {folder.FullName}");
        if (resume) display.Line($"resume at epoch {training.Trainer.State.Epoch}, step {training.Trainer.State.Step}");
        else if (request.Resume) display.Line("resume: the folder has no checkpoint yet, so the run starts from the beginning");

        bool finished = false;
        LikelihoodEvaluation test = default;
        try
        {
            display.Run(() =>
            {
                finished = training.Train();
                if (finished) test = training.Finish();
            });
        }
        catch (OperationCanceledException)
        {
            // Stopped in the final evaluation; the checkpoint stands at the end of training.
            finished = false;
        }

        if (!finished)
        {
            writer.WriteLine($"stopped at step {training.Trainer.State.Step}, epoch {training.Trainer.State.Epoch}; everything is saved. Go on with: nativeflow train --resume{request.Device.AsOption} --out {folder.FullName}");
            return Program.Done;
        }

        string summary = TrainSummary.Of(run, choice, folder, training, test, offset, request.Threads);
        AtomicFile.Write(folder.Summary, stream => stream.Write(Encoding.UTF8.GetBytes(summary + "\n")));
        if (request.Json) request.Stdout.WriteLine(summary);
        else Report(request.Stdout, training, data, folder, test, offset);
        return Program.Done;
    }

    private static void Report<T>(TextWriter writer, TrainRun<T> training, DataSet data, RunFolder folder, LikelihoodEvaluation test, double offset) where T : unmanaged, IFloatingPointIeee754<T>
    {
        string units = double.IsNaN(offset) ? "" : " in original units";
        writer.WriteLine(FormattableString.Invariant($"test   exact log-likelihood {test.Nats:F3} +- {test.StandardError:F3} nats{units}{(data.Levels > 0 ? FormattableString.Invariant($", {test.BitsPerDim:F4} bits/dim") : "")} ({test.Rows} rows, {test.Draws} {(test.Draws == 1 ? "draw" : "draws")}; best epoch {training.Trainer.State.BestEpoch})"));
        if (!double.IsNaN(offset)) writer.WriteLine(FormattableString.Invariant($"       exact log-likelihood {test.Nats + offset:F3} +- {test.StandardError:F3} nats in standardised units"));
        if (data.Toy is { } toy && training.Excess is { } excess) writer.WriteLine(TrainSummary.Entropy(toy, test, excess));
        foreach (LearnedInverseReport i in training.Inverses)
            writer.WriteLine(double.IsNaN(i.Condition)
                ? FormattableString.Invariant($"       {i.Name}: |r*w*x-x|^2 {i.Reconstruction:G4}, cos(learned, exact gradient of log|det|) {i.Cosine:F6}, lambda {i.Weight:G4}")
                : FormattableString.Invariant($"       {i.Name}: |RWx-x|^2 {i.Reconstruction:G4}, cos(R, 1/W) {i.Cosine:F6}, cond(W) {i.Condition:G4}, s2min of its input {i.SmallestVariance:G4} (1/(8 s2min) = {1 / (8 * i.SmallestVariance):G4}), lambda {i.Weight:G4}{(i.Threshold == 0 ? ", stable for any" : i.IsBelowThreshold ? $", BELOW the threshold {i.Threshold:G4}" : $", above the threshold {i.Threshold:G4}")}"));
        writer.WriteLine(FormattableString.Invariant($"time   {training.Seconds:F1} s, peak memory {TrainSummary.PeakMemory() / 1048576.0:F0} MiB"));
        if (training.LastLook is { } look) writer.WriteLine($"monitor {look.Summary}");
        writer.WriteLine($"files  {folder.FullName}: model.safetensors, history.jsonl,{(training.LastLook is null ? "" : " monitor.jsonl,")}{(File.Exists(folder.Samples) ? " samples.png," : "")} summary.json");
    }
}
