using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text;
using NativeFlow.Cli.Commands;
using NativeFlow.Cli.Devices;
using NativeFlow.Cli.Training;
using NativeFlow.Engine;
using NativeFlow.Kernels;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Latent;

/// <summary>Trains the runs of a table, those that are finished excepted, and keeps the table beside them up to date.</summary>
internal sealed class TableRunner(TableSettings settings, TextWriter log, StopSignal stop)
{
    private readonly Lock _lock = new();
    private readonly List<TableRow> _rows = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _trained;

    /// <summary>Runs all. False when stopped; calling it again goes on.</summary>
    /// <exception cref="BadInputException">A folder holds a run with other options, or an option does not fit.</exception>
    public bool Run()
    {
        TableCell[] cells = [.. settings.Cells()];
        var open = new List<TableCell>();
        var opened = new Dictionary<string, DataSet>(StringComparer.Ordinal);
        foreach (TableCell cell in cells)
        {
            // Whatever does not fit is found before anything is trained.
            if (!opened.TryGetValue(cell.Data, out DataSet? data)) opened[cell.Data] = data = Open(cell);
            RunDescription run = LatentSettings.Resolve(LatentSettings.Given(cell.Given()), data);
            var folder = new RunFolder(cell.Folder);
            if (File.Exists(folder.Checkpoint) && RunDescription.FromJson(folder.Checkpoint, Checkpoint.RunOf(folder.Checkpoint)).DifferenceTo(run) is { } difference)
                throw new BadInputException($"{cell.Folder}: holds a run with other options ({difference}); give another --out, or remove it.");
            if (File.Exists(folder.Summary) && (settings.MoreSamples == 0 || File.Exists(MoreFile(cell)))) _rows.Add(Read(cell));
            else if (File.Exists(DivergedFile(cell))) _rows.Add(TableRow.Diverged(cell));
            else open.Add(cell);
        }

        log.WriteLine($"{cells.Length} runs, {cells.Length - open.Count} finished; into {settings.Out}");
        Directory.CreateDirectory(settings.Out);
        Write();
        // Runs take their turn from one queue, each with its own threads: the bits of a run depend on neither.
        Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(open, System.Collections.Concurrent.EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = settings.Jobs }, (cell, loop) =>
        {
            if (stop.IsRequested)
            {
                loop.Stop();
                return;
            }

            TableRow? row = Train(cell);
            if (row is null) return;
            lock (_lock)
            {
                _rows.Add(row);
                _trained++;
                double seconds = _clock.Elapsed.TotalSeconds;
                string what = row.Bound is { } nats ? FormattableString.Invariant($"log p(x) >= {nats:F3} (K = {row.Samples}){(row.Bose2020 is { } b ? FormattableString.Invariant($", {Bose2020Estimator<double>.Name} {b:F3}") : "")}{(row.Radius is { } r ? FormattableString.Invariant($", R {r:F3}") : "")}, {row.Seconds:F1} s") : "diverged";
                log.WriteLine($"{_trained,4}/{open.Count}  {cell.Name,-28} {what}; left {RunDisplay.Left(seconds, _trained, open.Count - _trained)}");
                log.Flush();
                Write();
            }
        });
        return !stop.IsRequested && _rows.Count == cells.Length;
    }

    private static string DivergedFile(TableCell cell) => Path.Combine(cell.Folder, "diverged.txt");

    private TableRow? Train(TableCell cell)
    {
        var folder = new RunFolder(cell.Folder);
        bool resume = File.Exists(folder.Checkpoint);
        try
        {
            if (!File.Exists(folder.Summary)) LatentTrain.Run(new TrainRequest(cell.Given(), cell.Folder, resume, false, true, settings.Threads, DeviceChoice.Cpu, 10, 0, TextWriter.Null, TextWriter.Null));
        }
        catch (NonFiniteException e)
        {
            // A result too: the table counts it. The same options would end there again.
            AtomicFile.Write(DivergedFile(cell), stream => stream.Write(Encoding.UTF8.GetBytes(e.Message + "\n")));
            return TableRow.Diverged(cell);
        }

        return File.Exists(folder.Summary) ? Read(cell) : null;
    }

    private TableRow Read(TableCell cell)
    {
        var folder = new RunFolder(cell.Folder);
        return TableRow.Read(cell, folder.Summary, settings.MoreSamples > 0 ? More(cell, folder.Model) : null);
    }

    private static DataSet Open(TableCell cell)
    {
        Dictionary<string, string> given = cell.Given();
        return DataChoice.Open(cell.Data, given.GetValueOrDefault("columns"), given.GetValueOrDefault("split"), null).Set;
    }

    private string MoreFile(TableCell cell) => Path.Combine(cell.Folder, FormattableString.Invariant($"bound-{settings.MoreSamples}.txt"));

    // Kept beside the model, as it can take longer than the training.
    private double? More(TableCell cell, string model)
    {
        string file = MoreFile(cell);
        if (File.Exists(file) && double.TryParse(File.ReadAllText(file), NumberStyles.Float, CultureInfo.InvariantCulture, out double known)) return known;
        double nats;
        try
        {
            nats = ModelFile.DtypeOf(model) == "float" ? More<float>(cell, model) : More<double>(cell, model);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(nats.ToString("R", CultureInfo.InvariantCulture))));
        return nats;
    }

    private double More<T>(TableCell cell, string path) where T : unmanaged, IFloatingPointIeee754<T>
    {
        using var backend = new SimdBackend<T>(settings.Threads);
        using LatentModel<T> model = LatentModelFile.Load(path, backend);
        return LatentEvaluation.ImportanceWeighted(model, LatentSettings.Tested(Open(cell).Test, model.Options.Likelihood), settings.MoreSamples, Presets.EvaluationKey, null, stop.Token).Nats;
    }

    private void Write()
    {
        AtomicFile.Write(Path.Combine(settings.Out, "table.md"), stream => stream.Write(Encoding.UTF8.GetBytes(TableText.Markdown(settings, _rows))));
        AtomicFile.Write(Path.Combine(settings.Out, "runs.csv"), stream => stream.Write(Encoding.UTF8.GetBytes(TableText.Csv(_rows))));
    }
}
