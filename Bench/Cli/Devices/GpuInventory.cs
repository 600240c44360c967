using System.Numerics;
using NativeFlow.Engine;
using NativeFlow.Kernels;
#if ILGPU
using NativeFlow.Kernels.Ilgpu;
#endif

namespace NativeFlow.Cli.Devices;

/// <summary>The GPUs of this machine, or what is missing. The one place that knows whether the adapter is built in.</summary>
/// <param name="Availability">Whether there is one.</param>
/// <param name="Gpus">Those that there are.</param>
internal sealed record GpuInventory(GpuAvailability Availability, IReadOnlyList<GpuDescription> Gpus)
{
    /// <summary>What is missing, as the rest of a sentence; null if nothing is.</summary>
    public string? Missing => Availability switch
    {
        GpuAvailability.NotBuilt => "the adapter for GPUs is not built in; build nativeflow with -p:UseIlgpu=true (docs/gpu.md)",
        GpuAvailability.NoDriver => "there is no NVIDIA driver (libcuda.so or nvcuda.dll is not found); install one",
        GpuAvailability.NoDevice => "the NVIDIA driver finds no GPU that can be used; see nvidia-smi",
        _ => null,
    };

#if ILGPU
    /// <summary>Looks.</summary>
    public static GpuInventory Read() => IlgpuDevices.State switch
    {
        DriverState.NoDriver => new(GpuAvailability.NoDriver, []),
        DriverState.NoDevice => new(GpuAvailability.NoDevice, []),
        _ => new(GpuAvailability.Ready, [.. IlgpuDevices.List().Select(g => new GpuDescription(g.Index, g.Name, g.TotalBytes, g.FreeBytes, g.Multiprocessors, g.ComputeCapability))]),
    };

    /// <summary>A backend on GPU <paramref name="index"/>.</summary>
    public static IBackend<T> Open<T>(int index) where T : unmanaged, IFloatingPointIeee754<T>
        => typeof(T) == typeof(float) ? (IBackend<T>)(object)IlgpuDevices.Single(index) : (IBackend<T>)(object)IlgpuDevices.Double(index);
#else
    /// <summary>Looks.</summary>
    public static GpuInventory Read() => new(GpuAvailability.NotBuilt, []);

    /// <summary>A backend on GPU <paramref name="index"/>.</summary>
    public static IBackend<T> Open<T>(int index) where T : unmanaged, IFloatingPointIeee754<T>
        => throw new BadInputException($"gpu:{index}: {Read().Missing}.");
#endif
}
