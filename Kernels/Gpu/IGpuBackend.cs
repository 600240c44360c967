namespace NativeFlow.Kernels.Gpu;

/// <summary>What a device's backend has besides, whatever its element and view types.</summary>
public interface IGpuBackend
{
    /// <summary>What the device can do.</summary>
    GpuLimits Limits { get; }

    /// <summary>How exactly matrices are multiplied.</summary>
    /// <exception cref="NotSupportedException">Tensor cores asked for in double precision, or of a device that has none.</exception>
    GemmPrecision GemmPrecision { get; set; }

    /// <summary>Kernels and factorisations that went through the host so far.</summary>
    long HostCalls { get; }
}
