namespace NativeFlow.Cli.Devices;

/// <summary>A GPU, as <c>nativeflow devices</c> shows it.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="TotalBytes">Memory.</param>
/// <param name="FreeBytes">Memory that nothing uses.</param>
/// <param name="Multiprocessors">Multiprocessors.</param>
/// <param name="ComputeCapability">What its instructions can do.</param>
internal sealed record GpuDescription(int Index, string Name, long TotalBytes, long FreeBytes, int Multiprocessors, Version ComputeCapability);
