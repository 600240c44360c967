#if ILGPU
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels.Gpu;
using NativeFlow.Kernels.Ilgpu;
using Xunit;
using Xunit.Abstractions;

namespace NativeFlow.Tests;

/// <summary>The adapter for ILGPU: built with -p:UseIlgpu=true only.</summary>
[Trait("Category", "Gpu")]
public sealed class IlgpuTests(ITestOutputHelper output)
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
        IReadOnlyCollection<Type> kernels = KernelWalk.Kernels;
        Assert.NotEmpty(kernels);
        output.WriteLine($"{kernels.Count} kernels");
        using var compiler = new PtxCompiler(capability == 8 ? CudaArchitecture.SM_80 : CudaArchitecture.SM_90);
        string[] faults = [.. kernels.Select(k => (Kernel: k, Fault: compiler.Fault(k))).Where(k => k.Fault is not null).Select(k => $"{k.Kernel}: {k.Fault}")];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
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
        Assert.Contains("truth value", compiler.Fault(typeof(TruthKernel<EmulatedView<float>>)));
        Assert.Contains("shared memory", compiler.Fault(typeof(CrowdedKernel<EmulatedView<float>>)));
        Assert.Contains("rounds as the driver likes: mul.f32", compiler.Fault(typeof(LooseKernel<EmulatedView<float>>)));
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
}
#endif
