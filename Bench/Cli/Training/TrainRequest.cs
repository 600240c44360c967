using NativeFlow.Cli.Devices;

namespace NativeFlow.Cli.Training;

/// <summary>What <c>nativeflow train</c> was asked for, before anything is opened.</summary>
/// <param name="Given">Options that are part of a run's identity, by name without dashes, as given; only those that were.</param>
/// <param name="Out">Folder of the run; null for the default one.</param>
/// <param name="Resume">Whether to go on with the run in the folder.</param>
/// <param name="Json">Whether the summary goes to standard output, and progress to standard error.</param>
/// <param name="Quiet">Whether to show no progress.</param>
/// <param name="Threads">Threads; results do not depend on them.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="CheckpointSeconds">Seconds between two checkpoints inside an epoch.</param>
/// <param name="Monitor">Steps between two looks of the monitor; 0 for none.</param>
/// <param name="Stdout">Standard output.</param>
/// <param name="Stderr">Standard error.</param>
internal sealed record TrainRequest(
    Dictionary<string, string> Given, string? Out, bool Resume, bool Json, bool Quiet, int Threads, DeviceChoice Device, double CheckpointSeconds, int Monitor, TextWriter Stdout, TextWriter Stderr)
{
    /// <summary>Steps from one reading of losses to the next; 0 for what suits the backend.</summary>
    public int ReportEvery { get; init; }
}
