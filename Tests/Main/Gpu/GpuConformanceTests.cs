using NativeFlow.Kernels.Gpu;
using Xunit;

namespace NativeFlow.Tests;

[Trait("Category", "Gpu")]
public sealed class GpuConformanceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EmulatorConforms(bool backwards)
    {
        Assert.Empty(BackendConformance<float>.Check(() => GpuEmulation.Single(backwards: backwards)));
        Assert.Empty(BackendConformance<double>.Check(() => GpuEmulation.Double(backwards: backwards)));
    }
}
