#if ILGPU
using NativeFlow.Kernels.Ilgpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>A test that needs an NVIDIA GPU; counted as skipped where there is none.</summary>
public sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute()
    {
        if (IlgpuDevices.State != DriverState.Ready) Skip = "There is no NVIDIA GPU.";
    }
}
#endif
