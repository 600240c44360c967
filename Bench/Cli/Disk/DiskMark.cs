namespace NativeFlow.Cli.Disk;

/// <summary>A point of a disk picture.</summary>
/// <param name="X">Across, in the unit disk.</param>
/// <param name="Y">Up.</param>
/// <param name="Colour">Of the dot.</param>
/// <param name="Size">Radius in pixels.</param>
/// <param name="Label">Its name, if it is to have one.</param>
/// <param name="Rank">Labels of lower rank are placed first.</param>
internal sealed record DiskMark(double X, double Y, (byte Red, byte Green, byte Blue) Colour, double Size, string? Label = null, int Rank = 0);
