#if ILGPU
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Tests;

/// <summary>An emulator that notes which kernels are launched, and may leave out running them.</summary>
internal sealed class KernelLog<T>(GpuEmulator<T> emulator, HashSet<Type> kernels, bool runs = true) : IGpuDevice<T, EmulatedView<T>>
    where T : unmanaged
{
    public string Name => emulator.Name;

    public GpuLimits Limits => emulator.Limits;

    public long FreeBytes => emulator.FreeBytes;

    public void Allocate(int block, int elements) => emulator.Allocate(block, elements);

    public void Release(int block) => emulator.Release(block);

    public void Read(int block, int offset, Span<T> to) => emulator.Read(block, offset, to);

    public void Write(ReadOnlySpan<T> from, int block, int offset) => emulator.Write(from, block, offset);

    // A launch that is left out leaves its outputs unwritten, which the emulator would hold against the next.
    public EmulatedView<T> View(int block, int offset, int length, Access access) => emulator.View(block, offset, length, runs ? access : Access.Update);

    public void Launch<TKernel>(in Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, EmulatedView<T>>
    {
        kernels.Add(typeof(TKernel));
        if (runs) emulator.Launch(grid, kernel);
    }

    public void Synchronize() => emulator.Synchronize();

    public void Dispose() => emulator.Dispose();
}
#endif
