namespace NativeFlow.Kernels.Gpu;

/// <summary>What a device can do, as far as launches depend on it.</summary>
/// <param name="Items">Most items in a group.</param>
/// <param name="SharedBytes">Most shared memory of a group that kernels here may ask for.</param>
/// <param name="Processors">Groups that run side by side, roughly: multiprocessors.</param>
/// <param name="HasTensorCores">Whether matrix instructions on tf32 are there.</param>
public readonly record struct GpuLimits(int Items, int SharedBytes, int Processors, bool HasTensorCores);
