using NativeFlow.Cli.Devices;
using NativeFlow.Layers;

namespace NativeFlow.Cli.Disk;

/// <summary>What <c>plot --disk</c> was asked for.</summary>
/// <param name="Source">A table of points, or a model of two features.</param>
/// <param name="Out">Where to.</param>
/// <param name="Radius">R.</param>
/// <param name="Coordinates">disk, spatial or tangent: what the table holds.</param>
/// <param name="Centre">Name of the point to move to the middle, or none.</param>
/// <param name="Edges">Edge list, or <c>graph:PATH</c>.</param>
/// <param name="Labels">How many names, or which.</param>
/// <param name="Title">Of the picture.</param>
/// <param name="Size">Pixels across the disk.</param>
/// <param name="Count">Samples of a model.</param>
/// <param name="Seed">Of the samples.</param>
/// <param name="Threads">0: one a processor.</param>
/// <param name="Device">Where the model is computed.</param>
internal sealed record DiskRequest(string Source, string Out, double Radius, string Coordinates, string? Centre, string? Edges, string? Labels, string? Title, int Size, int Count, ulong Seed, int Threads, DeviceChoice Device)
{
    /// <summary>A toy whose density is drawn beside the model's, to the same colours; or none.</summary>
    public IToyDensity? Target { get; init; }
}
