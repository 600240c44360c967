using System.Globalization;
using NativeFlow.Engine;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Training;

/// <summary>How a run begins, whatever it trains: in a folder of its own, or where it was left.</summary>
internal static class RunStart
{
    /// <summary>The run that is to go on; false where the folder has no checkpoint yet, so that the run starts from the beginning.</summary>
    public static (bool Resume, RunDescription? Run) Stored(TrainRequest request, RunFolder folder)
    {
        if (!Directory.Exists(folder.FullName)) throw new BadInputException($"--resume: there is no folder {folder.FullName}, so there is no run to go on with; leave --resume out to start one, or correct --out.");
        // Killed before its first checkpoint, a run has nothing behind it.
        if (!File.Exists(folder.Checkpoint)) return (false, null);
        RunDescription run = RunDescription.FromJson(folder.Checkpoint, Checkpoint.RunOf(folder.Checkpoint));
        run.RequireAgreement(request.Given, folder.FullName);
        return (true, run);
    }

    /// <summary>A run is never lost by starting another: only an equal, finished one is replaced.</summary>
    public static void RequireFree(RunFolder folder, RunDescription run)
    {
        if (File.Exists(folder.FullName)) throw new BadInputException($"--out {folder.FullName}: is a file, expected a folder; give another name.");
        if (!File.Exists(folder.Checkpoint))
        {
            foreach (string file in (ReadOnlySpan<string>)[folder.Model, folder.Summary, folder.History])
                if (File.Exists(file)) throw new BadInputException($"--out {folder.FullName}: already holds {Path.GetFileName(file)}, but no checkpoint of a run; give another folder, or remove the file.");
            return;
        }

        RunDescription other = RunDescription.FromJson(folder.Checkpoint, Checkpoint.RunOf(folder.Checkpoint));
        if (other.DifferenceTo(run) is { } difference) throw new BadInputException($"--out {folder.FullName}: holds another run ({difference}); give another folder, or delete that one.");
        if (!File.Exists(folder.Summary)) throw new BadInputException($"--out {folder.FullName}: holds this run, unfinished; add --resume to go on with it, or delete the folder to start over.");
    }

    /// <summary>Folder of a run that names none.</summary>
    public static string DefaultFolder(Dictionary<string, string> given, RunDescription run)
    {
        string data = Path.GetFileNameWithoutExtension(run.Data), model = Path.GetFileNameWithoutExtension(run.Model);
        string name = string.Concat($"{data}-{model}".Select(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
        bool plain = given.Keys.All(k => k is "data" or "model");
        return Path.Combine("runs", plain ? name : $"{name}-{run.Checksum().ToString("x8", CultureInfo.InvariantCulture)}");
    }
}
