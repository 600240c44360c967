namespace NativeFlow.Kernels.Ilgpu;

/// <summary>What stands between a program and a GPU.</summary>
public enum DriverState
{
    /// <summary>No CUDA driver is installed.</summary>
    NoDriver,

    /// <summary>A driver, but no GPU that it and ILGPU can use.</summary>
    NoDevice,

    /// <summary>There is a GPU.</summary>
    Ready,
}
