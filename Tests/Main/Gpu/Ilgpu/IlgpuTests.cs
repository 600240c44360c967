#if ILGPU
using System.Numerics;
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Kernels.Ilgpu;
using Xunit;

namespace NativeFlow.Tests;

/// <summary>The adapter for ILGPU: built with -p:UseIlgpu=true only.</summary>
[Trait("Category", "Gpu")]
public sealed class IlgpuTests
{
    [Fact]
    public void CpuAcceleratorConforms()
    {
        Assert.Empty(BackendConformance<float>.Check(() => new GpuBackend<float, IlgpuView<float>, SingleLane>(IlgpuDevices.OpenCpu<float>())));
        Assert.Empty(BackendConformance<double>.Check(() => new GpuBackend<double, IlgpuView<double>, DoubleLane>(IlgpuDevices.OpenCpu<double>())));
    }

    [CudaFact]
    public void GpuConforms()
    {
        Assert.Empty(BackendConformance<float>.Check(() => IlgpuDevices.Single(0)));
        Assert.Empty(BackendConformance<double>.Check(() => IlgpuDevices.Double(0)));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void EveryKernelCompiles(int capability)
    {
        var kernels = new HashSet<Type>();
        Record(() => new GpuBackend<float, EmulatedView<float>, SingleLane>(new KernelLog<float>(new GpuEmulator<float>(), kernels)));
        Record(() => new GpuBackend<double, EmulatedView<double>, DoubleLane>(new KernelLog<double>(new GpuEmulator<double>(), kernels)));
        // Groups as large as a GPU's choose other tiles; nothing needs to run for that.
        Record(() => new GpuBackend<float, EmulatedView<float>, SingleLane>(new KernelLog<float>(new GpuEmulator<float>(1024), kernels, runs: false)));
        Record(() => new GpuBackend<double, EmulatedView<double>, DoubleLane>(new KernelLog<double>(new GpuEmulator<double>(1024), kernels, runs: false)));
        Assert.NotEmpty(kernels);
        using var compiler = new PtxCompiler(capability == 8 ? CudaArchitecture.SM_80 : CudaArchitecture.SM_90);
        string[] faults = [.. kernels.Select(k => (Kernel: k, Fault: compiler.Fault(k))).Where(k => k.Fault is not null).Select(k => $"{k.Kernel}: {k.Fault}")];
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData(typeof(OperationsKernel<float, EmulatedView<float>, SingleLane>), "f32")]
    [InlineData(typeof(OperationsKernel<double, EmulatedView<double>, DoubleLane>), "f64")]
    public void OperationsAreSingleInstructions(Type kernel, string type)
    {
        using var compiler = new PtxCompiler(CudaArchitecture.SM_90);
        Assert.Null(compiler.Fault(kernel));
        string ptx = compiler.Compile(kernel);
        foreach (string instruction in (ReadOnlySpan<string>)["mul.rn", "add.rn", "sub.rn", "fma.rn", $"cvt.rni.{type}"])
            Assert.Contains($"\t{instruction}.{type}", ptx);
        Assert.DoesNotContain($"\tmul.{type}", ptx);
        Assert.DoesNotContain($"\tadd.{type}", ptx);
    }

    [Fact]
    public void FaultsAreSeen()
    {
        using var compiler = new PtxCompiler(CudaArchitecture.SM_90);
        Assert.Contains("contains .extern .func", compiler.Fault(typeof(UnresolvedKernel<EmulatedView<float>>)));
        Assert.Contains("System.Type", compiler.Fault(typeof(TypeTestKernel<EmulatedView<float>>)));
    }

    [Fact]
    public void MatrixInstructionKeepsItsOperandsInRegisters()
    {
        using var compiler = new PtxCompiler(CudaArchitecture.SM_90);
        Assert.Null(compiler.Fault(typeof(MatrixKernel<EmulatedView<float>>)));
        Assert.Matches(@"mma\.sync\.aligned\.m16n8k8\.row\.col\.f32\.tf32\.tf32\.f32\s+\{%f\d+, ?%f\d+, ?%f\d+, ?%f\d+\}, ?\{%r\d+, ?%r\d+, ?%r\d+, ?%r\d+\}, ?\{%r\d+, ?%r\d+\}, ?\{%f\d+, ?%f\d+, ?%f\d+, ?%f\d+\};", compiler.Compile(typeof(MatrixKernel<EmulatedView<float>>)));
    }

    [Fact]
    public void FourElementsAreOneInstruction()
    {
        using var compiler = new PtxCompiler(CudaArchitecture.SM_90);
        string ptx = compiler.Compile(typeof(FourKernel<float, EmulatedView<float>>));
        foreach (string instruction in (ReadOnlySpan<string>)["ld.global.v4.f32", "st.global.v4.f32", "ld.shared.v4.f32", "st.shared.v4.f32"]) Assert.Contains(instruction, ptx);
        ptx = compiler.Compile(typeof(FourKernel<double, EmulatedView<double>>));
        foreach (string instruction in (ReadOnlySpan<string>)["ld.global.v2.f64", "st.global.v2.f64", "ld.shared.v2.f64", "st.shared.v2.f64"]) Assert.Contains(instruction, ptx);
    }

    private static void Record<T>(Func<IBackend<T>> make) where T : unmanaged, IFloatingPointIeee754<T> => BackendConformance<T>.Check(make);
}
#endif
