namespace NativeFlow.Kernels.Gpu;

/// <summary>A block does not fit into the device's memory.</summary>
/// <param name="device">Name of the device.</param>
/// <param name="asked">Bytes asked for.</param>
/// <param name="free">Bytes free.</param>
public sealed class DeviceMemoryException(string device, long asked, long free)
    : Exception($"{device}: {asked} bytes asked for, {free} free; use a smaller batch or model, --dtype float, or --device cpu.")
{
    /// <summary>Bytes asked for.</summary>
    public long Asked { get; } = asked;

    /// <summary>Bytes that were free.</summary>
    public long Free { get; } = free;
}
