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
        Assert.Empty(BackendConformance<float>.Check(() => Single(items)));
        Assert.Empty(BackendConformance<double>.Check(() => Double(items)));
    }

    [Fact]
    public void EveryCaseOfAKernel()
    {
        using var single = Single(64);
        GpuKernelTests.Check(single);
        using var twice = Double(64);
        GpuKernelTests.Check(twice);
    }

    [Fact]
    public void EveryOp()
    {
        using var twice = Double(64);
        Assert.Empty(GpuOpTests.Differences(twice, 1e-9));
        using var single = Single(64);
        Assert.Empty(GpuOpTests.Differences(single, 2e-3));
    }

    [Theory]
    [MemberData(nameof(GpuTrainingTests.Flows), MemberType = typeof(GpuTrainingTests))]
    public void TrainingGivesTheModelOfTheCpu(string name)
    {
        GpuTrainingTests.RequireCpuModel(name, Double(64), 1e-10);
        GpuTrainingTests.RequireCpuModel(name, Single(64), 1e-4);
    }

    [Fact]
    public void EveryConvolution()
    {
        using var single = Single(128);
        GpuConvolutionTests.AllCases(single, 0);
        using var twice = Double(32);
        GpuConvolutionTests.AllCases(twice, 1);
    }

    [Theory]
    [InlineData((int)GemmTiling.Tile16x32, 21, 37, 27)]
    [InlineData((int)GemmTiling.Tile32x32, 35, 41, 37)]
    [InlineData((int)GemmTiling.Tile64x32, 67, 37, 41)]
    [InlineData((int)GemmTiling.Tile64x64, 67, 73, 19)]
    [InlineData((int)GemmTiling.Tile128x128, 131, 137, 21)]
    [InlineData((int)GemmTiling.Lines, 3, 67, 300)]
    public void EveryTilingOfAProduct(int tiling, int m, int n, int k)
    {
        using var single = Single(256);
        using var twice = Double(256);
        for (int form = 0; form < 4; form++)
        {
            GemmArgs p = GemmKernelTests.Variant(m, n, k, (form & 1) != 0, (form & 2) != 0, form);
            var plan = new GemmPlan((GemmTiling)tiling, form == 3 ? 2 : 1);
            ProductCheck<float>.Run(single, p, bias: form == 1, start: form == 2 ? 3 : 8, run: a => GemmLaunch<float, PtxView<float>, SingleLane>.Run(single.Gpu, a, plan));
            if (tiling != (int)GemmTiling.Tile128x128)
                ProductCheck<double>.Run(twice, p, bias: form == 1, start: form == 2 ? 3 : 8, run: a => GemmLaunch<double, PtxView<double>, DoubleLane>.Run(twice.Gpu, a, plan));
        }
    }

    // The machine drops what tf32 has no room for, as a device does; the kernels round before, so that nothing is dropped.
    [Theory]
    [InlineData((int)GemmTiling.Tensor32x32, 35, 41, 27)]
    [InlineData((int)GemmTiling.Tensor64x64, 67, 70, 37)]
    [InlineData((int)GemmTiling.Tensor128x128, 130, 60, 20)]
    public void EveryTilingOfATensorProduct(int tiling, int m, int n, int k)
    {
        using var single = Single(512);
        for (int form = 0; form < 4; form++)
            foreach (GemmPrecision precision in (ReadOnlySpan<GemmPrecision>)[GemmPrecision.Tf32, GemmPrecision.Tf32x3])
            {
                single.GemmPrecision = precision;
                GemmArgs p = GemmKernelTests.Variant(m, n, k, (form & 1) != 0, (form & 2) != 0, form);
                var plan = new GemmPlan((GemmTiling)tiling, form == 3 ? 2 : 1);
                ProductCheck<float>.Run(
                    single, p, bias: form == 1, start: form == 2 ? 3 : 8, cut: precision == GemmPrecision.Tf32 ? GemmPrecisionTests.CutOnce : GemmPrecisionTests.CutThrice,
                    run: a => GemmLaunch<float, PtxView<float>, SingleLane>.Run(single.Gpu, a, plan));
            }
    }

    private static GpuBackend<float, PtxView<float>, SingleLane> Single(int items) => new(new PtxDevice<float>(items));

    private static GpuBackend<double, PtxView<double>, DoubleLane> Double(int items) => new(new PtxDevice<double>(items, hasTensorCores: false));
}
#endif
