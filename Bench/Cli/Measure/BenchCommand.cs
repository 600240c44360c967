using System.CommandLine;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli;

/// <summary><c>nativeflow bench SUITE...</c>: measures the kernels and the training step against the machine's limits and against peers.</summary>
internal static class BenchCommand
{
    private const int FullRounds = 15, QuickRounds = 5;
    private static readonly string[] SuiteNames = ["gemm", "gemv", "factor", "elementwise", "spline", "step", "flows", "conv"];
    /// <summary>Measured on a device, and so not among all.</summary>
    private const string Gpu = "gpu";

    private static readonly string[] Types = ["float", "double"];

    public static Command Create()
    {
        var suites = new Argument<string[]>("SUITE")
        {
            Description = "gemm, gemv (matrix times vector), factor (factorisations), elementwise, spline, step (a training step), flows (every preset of deep flows), conv (the nine-layer convolutional net, every strategy), or all; or gpu alone: products and training steps on a device (docs/gpu-bench.md).",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> json = Arguments.Text("--json", "write everything as JSON", "FILE");
        Option<string?> markdown = Arguments.Text("--markdown", "write the tables as a Markdown page", "FILE");
        Option<string?> rounds = Arguments.Text("--rounds", $"rounds of each row, medians over them (default {FullRounds}, quick {QuickRounds})", "N");
        Option<string?> threads = Arguments.Text("--threads", "1, or more to measure the gain of gemm and step over one thread (default 1)", "N");
        Option<string?> sizes = Arguments.Text("--sizes", "orders or widths instead of the usual ones, such as 64,784", "N,N...");
        Option<string?> type = Arguments.Text("--type", "float, double or both (default both)", "TYPE");
        Option<string?> strategies = Arguments.Text("--strategies", "of step, such as snf-reconstruction,exact-lu,relative (default the first)", "NAME,NAME...");
        Option<string?> only = Arguments.Text("--only", "only rows whose name contains this, such as 'NT 100x784x784 float'", "TEXT");
        Option<string?> core = Arguments.Text("--core", "the core to measure on (default the last one allowed; Linux)", "N");
        Option<string?> python = Arguments.Text("--python", "the Python with PyTorch (default: the first found)", "FILE");
        Option<string?> device = DeviceChoice.CreateOption();
        device.Description = "of gpu: gpu, gpu:N, or emulator with --quick, which shows that it works (default gpu)";
        Option<string?> html = Arguments.Text("--html", "of gpu: write a page with the figure of step time against D", "FILE");
        Option<string?> peak = Arguments.Text("--peak", "of gpu: the device's limits, single precision and memory (default those of H100 and H200)", "TFLOPS,GBS");
        Option<bool> quick = Arguments.Switch("--quick", "few small rows, seconds in all: shows that it works, no figures to keep");
        Option<bool> noPeers = Arguments.Switch("--no-peers", "ours and the limits only");
        Option<bool> rowsOnly = Arguments.Switch("--rows-only", "leave the table of the machine's limits out; every row still has its own limit");
        Option<bool> check = Arguments.Switch("--check", "exit with 1 when a goal is missed");
        Command command = new("bench", "Measure kernels and the training step as shares of this machine's own limits, beside OpenBLAS, BLIS, oneDNN, TensorPrimitives and PyTorch where they are found.")
        {
            suites, json, markdown, html, device, peak, rounds, threads, sizes, type, strategies, only, core, python, quick, noPeers, rowsOnly, check,
        };
        command.SetAction(parsed =>
        {
            bool isQuick = parsed.GetValue(quick);
            string[] named = parsed.GetRequiredValue(suites);
            foreach (string suite in named)
            {
                if (suite.StartsWith('-'))
                    throw new BadInputException($"bench: unknown option {BadInputException.Quote(suite)}; expected one of: {string.Join(", ", parsed.CommandResult.Command.Options.Select(o => o.Name))}; see 'nativeflow bench --help'.");
                Arguments.OneOf("bench", suite, [.. SuiteNames, "all", Gpu]);
            }

            string kind = Arguments.OneOf("--type", parsed.GetValue(type) ?? "both", [.. Types, "both"]);
            string[] strategy = (parsed.GetValue(strategies) ?? "snf-reconstruction").Split(',');
            foreach (string name in strategy) Arguments.OneOf("--strategies", name, [.. JacobianRegistry.NamesFor(SiteKinds.DenseMatrix)]);
            var settings = new BenchSettings
            {
                Suites = named.Contains("all") ? SuiteNames : [.. SuiteNames.Where(named.Contains)],
                Types = kind == "both" ? Types : [kind],
                Strategies = strategy,
                Sizes = parsed.GetValue(sizes) is { } list ? [.. list.Split(',').Select(s => Arguments.Whole("--sizes", s, 1))] : [],
                Only = parsed.GetValue(only),
                Threads = parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : 1,
                Quick = isQuick,
                RowsOnly = parsed.GetValue(rowsOnly),
                TensorPrimitives = !parsed.GetValue(noPeers),
            };
            if (settings.Threads > Environment.ProcessorCount)
                throw new BadInputException($"--threads {settings.Threads}: this process may use {Environment.ProcessorCount} processors.");
            if (settings.Threads > 1 && parsed.GetValue(core) is not null)
                throw new BadInputException("--core is for one thread; leave it out, or --threads.");
            int roundCount = parsed.GetValue(rounds) is { } r ? Arguments.Whole("--rounds", r, 1) : isQuick ? QuickRounds : FullRounds;
            var race = isQuick ? new BenchRace(roundCount, 0.0005, 0, 1) : new BenchRace(roundCount, 0.004, 0.02, 10);
            // A file that cannot be written is told before minutes of measuring.
            foreach ((string option, string? path) in (ReadOnlySpan<(string, string?)>)[("--json", parsed.GetValue(json)), ("--markdown", parsed.GetValue(markdown))])
                if (path is not null) RequireFolder(option, path);
            bool gpu = named.Contains(Gpu);
            if (gpu && named.Length > 1) throw new BadInputException("bench: gpu is measured alone; call the other suites by themselves.");
            foreach ((Option<string?> option, bool given) in (ReadOnlySpan<(Option<string?>, bool)>)[(html, parsed.GetValue(html) is not null), (device, parsed.GetValue(device) is not null), (peak, parsed.GetValue(peak) is not null)])
                if (given && !gpu) throw new BadInputException($"{option.Name}: belongs to 'bench gpu'; leave it out.");
            using var stop = new StopSignal();
            if (gpu)
            {
                if (parsed.GetValue(html) is { } page) RequireFolder("--html", page);
                DeviceChoice choice = DeviceChoice.Of(parsed.GetValue(device) ?? "gpu");
                if (choice.Kind == DeviceKind.Cpu) throw new BadInputException("--device cpu: 'bench gpu' measures a device; see 'nativeflow devices', or use --device emulator --quick.");
                if (choice.Kind == DeviceKind.Emulator && !isQuick) throw new BadInputException("--device emulator: would take days at these sizes, and says nothing of speed; add --quick.");
                GpuBenchResult result = GpuBench.Run(
                    settings with { Strategies = parsed.GetValue(strategies) is null ? GpuBench.Strategies : settings.Strategies }, race, choice, GpuPeak.Parse(parsed.GetValue(peak)),
                    !parsed.GetValue(noPeers), parsed.GetValue(python), Describe(parsed), parsed.InvocationConfiguration.Error, stop.Token);
                BenchWriter.Text(result.Report, parsed.InvocationConfiguration.Output, false);
                if (parsed.GetValue(json) is { } to) Save(to, BenchWriter.Json(result.Report));
                if (parsed.GetValue(markdown) is { } text) Save(text, GpuPage.Markdown(result));
                if (parsed.GetValue(html) is { } shown) Save(shown, GpuPage.Html(result));
                return result.Report.Stopped || (result.Report.Count(Verdict.Missed) > 0 && parsed.GetValue(check)) ? Program.Failed : Program.Done;
            }

            BenchReport report = BenchRun.Run(
                settings, race, parsed.GetValue(core) is { } c ? Arguments.Whole("--core", c, 0) : -1, !parsed.GetValue(noPeers), parsed.GetValue(python),
                Describe(parsed), parsed.InvocationConfiguration.Error, stop.Token);
            TextWriter output = parsed.InvocationConfiguration.Output;
            BenchWriter.Text(report, output, Terminal.IsOne(output) && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));
            if (parsed.GetValue(json) is { } jsonPath) Save(jsonPath, BenchWriter.Json(report));
            if (parsed.GetValue(markdown) is { } markdownPath) Save(markdownPath, BenchWriter.Markdown(report));
            return report.Stopped || (report.Count(Verdict.Missed) > 0 && parsed.GetValue(check)) ? Program.Failed : Program.Done;
        });
        return command;
    }

    // As typed, without the names of files, which are this machine's.
    private static string Describe(ParseResult parsed)
    {
        var words = new List<string> { "nativeflow" };
        bool file = false;
        foreach (string token in parsed.Tokens.Select(t => t.Value))
        {
            if (file) file = false;
            else if (token is "--json" or "--markdown" or "--html" or "--python") file = true;
            else words.Add(token.Contains(' ', StringComparison.Ordinal) ? $"'{token}'" : token);
        }

        return string.Join(' ', words);
    }

    private static void RequireFolder(string option, string path)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (folder is not null && !Directory.Exists(folder)) throw new BadInputException($"{option} {BadInputException.Quote(path)}: there is no such folder.");
        if (Directory.Exists(path)) throw new BadInputException($"{option} {BadInputException.Quote(path)}: that is a folder, expected a file.");
    }

    private static void Save(string path, string text)
    {
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write(System.Text.Encoding.UTF8.GetBytes(text.EndsWith('\n') ? text : text + "\n"));
        file.Commit();
    }
}
