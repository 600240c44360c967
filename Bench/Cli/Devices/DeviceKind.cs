namespace NativeFlow.Cli.Devices;

/// <summary>Where a command computes.</summary>
internal enum DeviceKind
{
    /// <summary>Vector instructions of the processor.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU.</summary>
    Gpu,

    /// <summary>The kernels of the GPU, item by item on the CPU.</summary>
    Emulator,
}
