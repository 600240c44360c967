namespace NativeFlow.Kernels.Gpu;

/// <summary>A machine that keeps blocks of elements and runs kernels in the order of their launches: a device, or the emulator.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TView">Its views.</typeparam>
public interface IGpuDevice<T, TView> : IDisposable
    where T : unmanaged
    where TView : struct, IView<T>
{
    /// <summary>Name for reports.</summary>
    string Name { get; }

    /// <summary>What it can do.</summary>
    GpuLimits Limits { get; }

    /// <summary>Bytes of memory not taken.</summary>
    long FreeBytes { get; }

    /// <summary>Makes block <paramref name="block"/>, zeroed.</summary>
    /// <exception cref="DeviceMemoryException">It does not fit.</exception>
    void Allocate(int block, int elements);

    /// <summary>Gives block <paramref name="block"/> back.</summary>
    void Release(int block);

    /// <summary>Copies out of block <paramref name="block"/>, after everything launched so far.</summary>
    void Read(int block, int offset, Span<T> to);

    /// <summary>Copies into block <paramref name="block"/>, before everything launched later.</summary>
    void Write(ReadOnlySpan<T> from, int block, int offset);

    /// <summary>A view for a kernel's argument.</summary>
    TView View(int block, int offset, int length, Access access);

    /// <summary>Starts a kernel; returns at once where the device can.</summary>
    /// <param name="grid">Groups and items.</param>
    /// <param name="kernel">The kernel with its arguments.</param>
    void Launch<TKernel>(in Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, TView>;

    /// <summary>Waits for everything launched so far.</summary>
    void Synchronize();
}
