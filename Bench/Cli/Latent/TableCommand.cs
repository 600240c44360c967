using System.CommandLine;
using System.Runtime.ExceptionServices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;

namespace NativeFlow.Cli.Latent;

/// <summary><c>nativeflow latent-table</c>.</summary>
internal static class TableCommand
{
    // Of a run, passed on as they are.
    private static readonly (string Name, string Help, string Hint)[] s_passed =
    [
        ("epochs", "passes over the training rows [3000 for bdp, 80 for images of MNIST's size]", "N"),
        ("batch", "rows of a step [100; 128 for images]", "ROWS"),
        ("lr", "learning rate [0.001]", "RATE"),
        ("beta", "weight of the divergence [1]", "WEIGHT"),
        ("hidden", "units of the hidden layers [200; 600 for wide images]", "UNITS"),
        ("radius", "as for train", "R"),
        ("radius-schedule", "as for train", "SHAPE"),
        ("likelihood", "bernoulli or gaussian [by the data]", "NAME"),
        ("samples", "K of the importance-weighted bound [500]", "K"),
        ("clip", "largest 2-norm of the gradient [none]", "NORM"),
        ("dtype", "float or double [float]", "TYPE"),
        ("columns", "columns to use [all]", "LIST"),
        ("split", "file that divides the rows", "FILE"),
    ];

    public static Command Create()
    {
        Option<string?> data = Arguments.Text("--data", "data as for train; of bdp and bdp-heldout every seed draws its own [bdp]", "NAME|PATH");
        Option<string?> models = Arguments.Text("--models", $"models, separated by commas [{string.Join(',', LatentNames.Models)}]", "LIST");
        Option<string?> latent = Arguments.Text("--latent", "latent dimensions [2,4,6]", "LIST");
        Option<string?> seeds = Arguments.Text("--seeds", "seeds [0-4]", "LIST");
        Option<bool> learn = Arguments.Switch("--learn-radius", "as for train");
        Option<bool> compatible = Arguments.Switch("--compat-bose2020", "train every hyperbolic model also with the authors' objective, and show their estimate beside the bound");
        Option<string?> more = Arguments.Text("--more-samples", "K of a second, tighter bound [none]", "K");
        Option<string?> threads = Arguments.Text("--threads", "threads of a run; results do not depend on it [processors / jobs]", "N");
        Option<string?> jobs = Arguments.Text("--jobs", "runs at a time [1]", "N");
        Option<string?> output = Arguments.Text("--out", "folder for table.md, runs.csv and a folder a run", "DIR");
        output.Required = true;
        Option<string?>[] passed = [.. s_passed.Select(p => Arguments.Text("--" + p.Name, p.Help, p.Hint))];
        Command command = new("latent-table", "Trains models x dimensions x seeds of latent-variable models and writes a table beside published numbers. Finished runs are skipped and stopped ones go on: give the same command again.")
        {
            data, models, latent, seeds, learn, compatible, more, threads, jobs, output,
        };
        foreach (Option<string?> option in passed) command.Add(option);
        command.SetAction(parsed =>
        {
            var options = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (Option<string?> option in passed)
                if (parsed.GetValue(option) is { } text) options[option.Name[2..]] = RunDescription.Canonical(option.Name[2..], text);
            if (parsed.GetValue(learn)) options["learn-radius"] = "true";
            int together = parsed.GetValue(jobs) is { } j ? Arguments.Whole("--jobs", j, 1) : 1;
            var settings = new TableSettings(
                parsed.GetValue(data) ?? "bdp", TableSettings.ParseModels(parsed.GetValue(models) ?? string.Join(',', LatentNames.Models)), TableSettings.ParseLatents(parsed.GetValue(latent) ?? "2,4,6"),
                TableSettings.ParseSeeds(parsed.GetValue(seeds) ?? "0-4"), parsed.GetValue(compatible), options, parsed.GetValue(more) is { } k ? Arguments.Whole("--more-samples", k, 1) : 0,
                parsed.GetValue(threads) is { } t ? Arguments.Whole("--threads", t, 1) : Math.Max(1, Environment.ProcessorCount / together), together, parsed.GetValue(output)!);
            if (File.Exists(settings.Out)) throw new BadInputException($"--out {settings.Out}: is a file, expected a folder; give another name.");
            TextWriter stdout = parsed.InvocationConfiguration.Output;
            using var stop = new StopSignal();
            bool done;
            try
            {
                done = new TableRunner(settings, stdout, stop).Run();
            }
            catch (AggregateException e)
            {
                // One of several runs at a time; the others were let end. Its own kind decides the exit code.
                ExceptionDispatchInfo.Capture(e.InnerExceptions[0]).Throw();
                throw;
            }

            stdout.WriteLine(done ? $"{Path.Combine(settings.Out, "table.md")} and runs.csv are complete" : $"stopped; what is done is in {Path.Combine(settings.Out, "table.md")}, give the same command again to go on");
            return Program.Done;
        });
        return command;
    }
}
