namespace NativeFlow.Cli.Devices;

/// <summary>Whether GPUs can be used, and if not, what is missing.</summary>
internal enum GpuAvailability
{
    /// <summary>This program was built without the adapter.</summary>
    NotBuilt,

    /// <summary>No driver is installed.</summary>
    NoDriver,

    /// <summary>A driver, but no GPU.</summary>
    NoDevice,

    /// <summary>There is a GPU.</summary>
    Ready,
}
