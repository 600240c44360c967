using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>A device of ILGPU: an NVIDIA GPU, or ILGPU's own CPU accelerator, which runs every item as a thread and is for tests only.</summary>
/// <remarks>A kernel is compiled at its first launch. Not safe for threads.</remarks>
public sealed class IlgpuDevice<T> : IGpuDevice<T, IlgpuView<T>> where T : unmanaged
{
    // What a GPU gives without asking its driver for more.
    private const int SharedBytes = 48 * 1024;
    private const int MostItems = 1024;

    // A multiprocessor has 65536 registers: kernels that are launched with few items get up to 255 each, with many 64.
    private const int FewItems = 256;

    private readonly Context? _context;
    private readonly Accelerator _accelerator;
    private readonly AcceleratorStream _stream;
    private readonly IlgpuStaging<T> _staging;
    private readonly Dictionary<int, MemoryBuffer1D<T, Stride1D.Dense>> _blocks = [];
    private Delegate?[] _launchers = new Delegate?[64];

    internal IlgpuDevice(Context context, Device device, bool ownsContext = false)
    {
        _context = ownsContext ? context : null;
        _accelerator = device.CreateAccelerator(context);
        _stream = _accelerator.CreateStream();
        _staging = new IlgpuStaging<T>(_accelerator, _stream);
        Limits = new GpuLimits(
            Math.Min(MostItems, _accelerator.MaxNumThreadsPerGroup), Math.Min(SharedBytes, _accelerator.MaxSharedMemoryPerGroup), _accelerator.NumMultiprocessors,
            typeof(T) == typeof(float) && _accelerator is CudaAccelerator cuda && cuda.Architecture >= CudaArchitecture.SM_80);
    }

    /// <inheritdoc/>
    public string Name => _accelerator is CPUAccelerator ? $"ILGPU on the CPU, {Limits.Items} items" : _accelerator.Name;

    /// <inheritdoc/>
    public GpuLimits Limits { get; }

    /// <inheritdoc/>
    public long FreeBytes => _accelerator is CudaAccelerator cuda ? cuda.GetFreeMemory() : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <inheritdoc/>
    public void Allocate(int block, int elements)
    {
        if (elements == 0) return;
        MemoryBuffer1D<T, Stride1D.Dense> buffer;
        try
        {
            buffer = _accelerator.Allocate1D<T>(elements);
        }
        catch (CudaException e) when (e.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY))
        {
            throw new DeviceMemoryException(Name, (long)elements * Interop.SizeOf<T>(), FreeBytes);
        }
        buffer.MemSetToZero(_stream);
        _blocks.Add(block, buffer);
    }

    /// <inheritdoc/>
    public void Release(int block)
    {
        if (!_blocks.Remove(block, out MemoryBuffer1D<T, Stride1D.Dense>? buffer)) return;
        _stream.Synchronize();
        buffer.Dispose();
    }

    /// <inheritdoc/>
    public void Read(int block, int offset, Span<T> to)
    {
        if (!to.IsEmpty) _staging.Read(Elements(block, offset, to.Length), to);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<T> from, int block, int offset)
    {
        if (!from.IsEmpty) _staging.Write(from, Elements(block, offset, from.Length));
    }

    /// <inheritdoc/>
    public IlgpuView<T> View(int block, int offset, int length, Access access) => length == 0 ? default : new IlgpuView<T>(Elements(block, offset, length));

    /// <inheritdoc/>
    public void Launch<TKernel>(in Gpu.Grid grid, in TKernel kernel) where TKernel : struct, IKernel<T, IlgpuView<T>>
    {
        int items = grid.Items <= FewItems ? FewItems : MostItems, number = (2 * KernelNumber.Of<TKernel>()) + (items == FewItems ? 0 : 1);
        Delegate? launcher = number < _launchers.Length ? _launchers[number] : null;
        launcher ??= Load<TKernel>(number, items);
        ((Action<AcceleratorStream, KernelConfig, TKernel>)launcher)(_stream, new KernelConfig(new Index3D(grid.X, grid.Y, grid.Z), new Index3D(grid.Items, 1, 1)), kernel);
    }

    /// <inheritdoc/>
    public void Synchronize() => _stream.Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MemoryBuffer1D<T, Stride1D.Dense> buffer in _blocks.Values) buffer.Dispose();
        _blocks.Clear();
        _staging.Dispose();
        _stream.Dispose();
        _accelerator.Dispose();
        _context?.Dispose();
    }

    private ArrayView<T> Elements(int block, int offset, int length) => _blocks[block].View.BaseView.SubView(offset, length);

    private Action<AcceleratorStream, KernelConfig, TKernel> Load<TKernel>(int number, int items) where TKernel : struct, IKernel<T, IlgpuView<T>>
    {
        if (number >= _launchers.Length) Array.Resize(ref _launchers, Math.Max(number + 1, 2 * _launchers.Length));
        Action<AcceleratorStream, KernelConfig, TKernel> launcher = _accelerator.LoadKernel<TKernel>(IlgpuKernel<T>.Run, new KernelSpecialization(Math.Min(items, _accelerator.MaxNumThreadsPerGroup), null));
        _launchers[number] = launcher;
        return launcher;
    }
}
