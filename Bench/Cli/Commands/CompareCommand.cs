using System.CommandLine;
using NativeFlow.Cli.Compare;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Commands;

/// <summary><c>nativeflow compare</c>.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Option<string?>[] identity =
        [
            Arguments.Text("--data", $"list of data sets as for train, images also pooled to a size (optdigits@4x4), and {LaplaceMixing.Grammar}: mixed Laplace sources [{CompareSettings.DefaultData}]", "LIST"),
            Arguments.Text("--dims", "numbers of features at which each data set that can is taken: mixing has any, square images those of pooled squares; with --cost the first of the data sets that has it [as they are]", "LIST"),
            Arguments.Text("--model", $"preset or JSON recipe file, as for train [{Presets.DefaultModel(64, 0)}; {Presets.DefaultModel(784, 256)} for images of more than 128 pixels]", "PRESET|FILE"),
            Arguments.Text("--strategies", $"list of NAME[:option=value...]; the options lr, optimizer, momentum and clip are the training's, all others the strategy's (lambda, every, probes); names: {string.Join(", ", StrategyChoice.Names)} [{CompareSettings.DefaultStrategies}]", "LIST"),
            Arguments.Text("--lr", "learning rates, such as exact-lu=0.003,relative=0.01 [by optimizer and number of features]", "NAME=RATE,..."),
            Arguments.Text("--steps", "budget: training steps of every run; the numbers are then the same every time", "N"),
            Arguments.Text("--seconds", "budget: seconds of training of every run, without evaluations", "S"),
            Arguments.Text("--clock", "what --seconds are: wall, or cpu for the training thread's processor time, which other programs disturb little; one thread [wall]", "CLOCK"),
            Arguments.Text("--seeds", "list or range of seeds [0]", "0-4"),
            Arguments.Text("--batch", $"rows of a step [{CompareSettings.DefaultBatch}]", "ROWS"),
            Arguments.Text("--warmup", FormattableString.Invariant($"fraction of the budget in which the learning rate rises, before half a cosine to 0 [{CompareSettings.DefaultWarmup}]"), "FRACTION"),
            Arguments.Text("--points", $"looks at the exact validation NLL and the gradient's cosine along the way, closer at the beginning [{CompareSettings.DefaultPoints}]", "N"),
            Arguments.Text("--validation-rows", $"validation rows looked at, the first ones [{CompareSettings.DefaultValidationRows}]", "N"),
            Arguments.Text("--rounds", $"with --cost: rounds in which every strategy has its turn [{CompareSettings.DefaultRounds}]", "N"),
            Arguments.Text("--dtype", "float or double [float]", "TYPE"),
        ];
        Option<bool> cost = Arguments.Switch("--cost", "no training: only the cost of a step, all strategies in turn, with local exponents between successive --dims");
        Option<string?> threads = Arguments.Text("--threads", "threads of a step; results by steps do not depend on it [1]", "N");
        Option<string?> device = DeviceChoice.CreateOption();
        Option<string?> output = Arguments.Text("--out", "folder for the report (HTML, Markdown, CSV), config.json, results.jsonl and checkpoints of unfinished runs [none: nothing is kept]", "DIR");
        Option<bool> resume = Arguments.Switch("--resume", "go on with the comparison in --out, with the options it was started with");
        Option<bool> asJson = Arguments.Switch("--json", "print all records as JSON on standard output; progress and table go to standard error");
        Option<string?> csv = Arguments.Text("--csv", "write the records, one line a run", "FILE");
        Option<string?> target = Arguments.Text("--target", "NLL whose time of arrival the report compares, in nats [the median of the strategies' lowest ones]", "NLL");
        Option<bool> quiet = Arguments.Switch("--quiet", "no progress, only the result");
        Option<string?> every = Arguments.Text("--checkpoint-seconds", "least seconds between two checkpoints [30]", "S");
        every.Hidden = true;
        Command command = new("compare", "Jacobian strategies beside each other: same model, same start values, same batches, same budget; exact NLL, time, flops, memory, gradients' angles, divergences. Ctrl-C stops after the step and saves; --resume goes on.");
        foreach (Option<string?> option in identity) command.Add(option);
        foreach (Option option in (ReadOnlySpan<Option>)[cost, threads, device, output, resume, asJson, csv, target, quiet, every]) command.Add(option);
        command.SetAction(parsed =>
        {
            var given = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (Option<string?> option in identity)
                if (parsed.GetValue(option) is { } text) given[option.Name[2..]] = text;
            if (parsed.GetValue(cost)) given["cost"] = "true";
            return Run(new Request(
                given, parsed.GetValue(output) is { } path ? new CompareFolder(path) : null, parsed.GetValue(resume), parsed.GetValue(asJson), parsed.GetValue(csv), parsed.GetValue(target) is { } level ? Number(level) : null, parsed.GetValue(quiet),
                parsed.GetValue(threads) is { } n ? Arguments.Whole("--threads", n, 1) : 1,
                DeviceChoice.Of(parsed.GetValue(device)),
                parsed.GetValue(every) is { } s ? Arguments.Number("--checkpoint-seconds", s, zero: true) : 30,
                parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error));
        });
        return command;
    }

    private static double Number(string text)
        => double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value
            : throw new BadInputException($"--target {BadInputException.Quote(text)}: expected a number of nats, such as 60.5.");

    private static int Run(Request request)
    {
        if (request.Resume && request.Folder is null) throw new BadInputException("--resume: needs the folder of the comparison; give --out DIR.");
        (CompareSettings Settings, IReadOnlyDictionary<string, uint> Checksums)? stored = request.Folder?.Stored();
        if (request.Resume && !Directory.Exists(request.Folder!.FullName)) throw new BadInputException($"--resume: there is no folder {request.Folder.FullName}, so there is no comparison to go on with; leave --resume out to start one, or correct --out.");
        if (request.Resume && stored is { } other) other.Settings.RequireAgreement(request.Given, request.Folder!.FullName);
        CompareSettings settings = request.Resume && stored is { } kept ? kept.Settings : CompareSettings.Of(request.Given);
        if (stored is { } there && !request.Resume)
        {
            if (there.Settings.DifferenceTo(settings) is { } difference) throw new BadInputException($"--out {request.Folder!.FullName}: holds another comparison ({difference}); give another folder, or delete that one.");
            throw new BadInputException($"--out {request.Folder!.FullName}: holds this comparison; add --resume to go on with it, or delete the folder to start over.");
        }

        if (settings.ByProcessorTime && request.Threads > 1) throw new BadInputException($"--clock cpu: counts the time of one thread; leave --threads {request.Threads} out, or use --clock wall.");
        return settings.Dtype == "float" ? Run<float>(request, settings, stored?.Checksums) : Run<double>(request, settings, stored?.Checksums);
    }

    private static int Run<T>(Request request, CompareSettings settings, IReadOnlyDictionary<string, uint>? expected) where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        TextWriter writer = request.Json ? request.Stderr : request.Stdout;
        using var stop = new StopSignal();
        request.Device.Say(writer);
        var progress = new CompareProgressLine(writer, request.Quiet);
        progress.Say("opening data and models", 0);
        CompareCell[] cells = [.. CompareData.Open(settings.Data, settings.Dims, settings.Cost).Select((data, i) => new CompareCell(i, data, settings))];
        var checksums = new SortedDictionary<string, uint>(StringComparer.Ordinal);
        foreach (CompareCell cell in cells)
        {
            if (!checksums.TryAdd(cell.Name, RunSettings.Checksum(cell.Data.Set))) throw new BadInputException($"--data {BadInputException.Quote(settings.Data)}: {cell.Data.Label} is there twice with {cell.Dimension} features; leave one.");
            if (expected is not null && expected.GetValueOrDefault(cell.Name) != checksums[cell.Name])
                throw new BadInputException($"{cell.Data.Label}: the data are not those that the comparison in {request.Folder!.FullName} was started with; put them back, or start anew in another folder.");
        }

        // Every model is made once, so that a strategy that does not fit is refused before anything is written or trained.
        using (var backend = new SimdBackend<T>(1))
            foreach (CompareCell cell in cells)
                foreach (StrategyArm arm in settings.Arms)
                    cell.Build(arm, 0, backend).Dispose();

        List<CompareRecord> done = expected is null ? [] : request.Folder!.Continue();
        if (expected is null) request.Folder?.Begin(settings, checksums);
        var engine = new CompareEngine<T>(settings, cells, request.Folder, done, progress, stop, request.Device, request.Threads, request.CheckpointSeconds);
        bool finished = engine.Run();
        progress.Clear();
        IReadOnlyList<CompareRecord> records = engine.Records;
        CompareConsole.Write(writer, records, settings.Cost);
        if (!finished)
            writer.WriteLine($"stopped with {records.Count} of {engine.Planned} runs finished; {(request.Folder is { } folder ? $"everything is saved. Go on with: nativeflow compare --resume{request.Device.AsOption} --out {folder.FullName}" : "without --out nothing of the others is kept")}");
        if (records.Count > 0)
        {
            request.Folder?.Report(Header(settings, cells, request, records.Count < engine.Planned ? FormattableString.Invariant($"{records.Count} of {engine.Planned} runs") : null), records);
            if (request.Csv is not null) CompareCsv.WriteRuns(request.Csv, records);
        }

        if (finished && request.Folder is not null) writer.WriteLine($"files  {request.Folder.FullName}: report.html, report.md, runs.csv, curves.csv, results.jsonl, config.json");
        if (request.Json) request.Stdout.WriteLine(CompareJson.Array(records));
        return Program.Done;
    }

    private static CompareReportHeader Header(CompareSettings settings, CompareCell[] cells, Request request, string? part)
    {
        var machine = BenchMachine.Read();
        var more = new List<(string, string)> { ("options", string.Join(' ', settings.All().Where(o => o.Name != "cost").Select(o => $"--{o.Name} {o.Value}"))) };
        if (!settings.Cost) more.Add(("learning rate", FormattableString.Invariant($"linear rise over {100 * settings.Warmup:G3} % of the budget, then half a cosine to 0{(settings.Seconds is null ? "" : "; by time, so that it depends on the machine's speed")}")));
        if (part is not null) more.Add(("not finished", part));
        return new CompareReportHeader
        {
            Title = settings.Cost ? "Cost of a training step" : "Jacobian strategies compared",
            Model = string.Join("; ", cells.Select(c => c.Model).Distinct()),
            Budget = settings.Budget,
            Machine = FormattableString.Invariant($"{machine.Cpu}, {machine.Cores} {(machine.Cores == 1 ? "core" : "cores")}, {request.Threads} {(request.Threads == 1 ? "thread" : "threads")} a run, {machine.System}{(request.Device.Kind == DeviceKind.Cpu ? "" : $"; {request.Device.Line}")}"),
            Versions = $"NativeFlow {TrainSummary.Version}, {machine.Runtime}",
            TargetNll = request.Target,
            More = more,
        };
    }

    private sealed record Request(
        Dictionary<string, string> Given, CompareFolder? Folder, bool Resume, bool Json, string? Csv, double? Target, bool Quiet, int Threads, DeviceChoice Device, double CheckpointSeconds, TextWriter Stdout, TextWriter Stderr);
}
