#if ILGPU
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>What a GPU would be given, run without one: the compiler's faults show here, which the emulator and ILGPU's CPU accelerator cannot see.</summary>
[Trait("Category", "Gpu")]
public sealed class PtxRunTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(256)]
    public void CompiledCodeConforms(int items)
    {
        Assert.Empty(BackendConformance<float>.Check(() => new GpuBackend<float, PtxView<float>, SingleLane>(new PtxDevice<float>(items))));
        Assert.Empty(BackendConformance<double>.Check(() => new GpuBackend<double, PtxView<double>, DoubleLane>(new PtxDevice<double>(items))));
    }
}
#endif
