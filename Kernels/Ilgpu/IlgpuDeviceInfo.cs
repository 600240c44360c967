namespace NativeFlow.Kernels.Ilgpu;

/// <summary>A GPU that ILGPU can use.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="TotalBytes">Memory.</param>
/// <param name="FreeBytes">Memory that nothing uses.</param>
/// <param name="Multiprocessors">Multiprocessors.</param>
/// <param name="ComputeCapability">What its instructions can do, such as 9.0.</param>
public sealed record IlgpuDeviceInfo(int Index, string Name, long TotalBytes, long FreeBytes, int Multiprocessors, Version ComputeCapability);
