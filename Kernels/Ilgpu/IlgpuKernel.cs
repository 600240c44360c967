using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>What ILGPU compiles: the entry point of every kernel.</summary>
public static class IlgpuKernel<T> where T : unmanaged
{
    /// <summary>Runs a kernel's body for one item.</summary>
    public static void Run<TKernel>(TKernel kernel) where TKernel : struct, IKernel<T, IlgpuView<T>> => kernel.Run(default(IlgpuGroup<T>));
}
