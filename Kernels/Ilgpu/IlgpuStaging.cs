using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Copies between host and device by way of page-locked memory, so that copies to the device need not wait for it.</summary>
/// <remarks>Room is handed out from front to back; only when it is used up does a copy wait until the device has fetched what lies there.</remarks>
internal sealed class IlgpuStaging<T> : IDisposable where T : unmanaged
{
    private const int Bytes = 16 << 20;

    private readonly AcceleratorStream _stream;
    private readonly T[] _memory;
    private readonly CPUMemoryBuffer _buffer;
    private readonly PageLockScope<T>? _lock;
    private int _used;

    public IlgpuStaging(Accelerator accelerator, AcceleratorStream stream)
    {
        _stream = stream;
        _memory = GC.AllocateArray<T>(Bytes / Interop.SizeOf<T>(), pinned: true);
        nint address = Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _buffer = CPUMemoryBuffer.Create(accelerator, address, _memory.Length, Interop.SizeOf<T>());
        try
        {
            _lock = accelerator.CreatePageLockFromPinned<T>(address, _memory.Length);
        }
        catch (CudaException)
        {
            // Some containers and limits of locked memory forbid it; the driver then copies once more, and the rest stays right.
        }
    }

    /// <summary>Copies to the device; returns before it has happened.</summary>
    public void Write(ReadOnlySpan<T> from, ArrayView<T> to)
    {
        for (int done = 0; done < from.Length;)
        {
            if (_used == _memory.Length) Wait();
            int count = Math.Min(from.Length - done, _memory.Length - _used);
            from.Slice(done, count).CopyTo(_memory.AsSpan(_used, count));
            to.SubView(done, count).CopyFrom(_stream, Part(_used, count));
            _used += count;
            done += count;
        }
    }

    /// <summary>Copies from the device, after everything that its stream has to do.</summary>
    public void Read(ArrayView<T> from, Span<T> to)
    {
        Wait();
        for (int done = 0; done < to.Length;)
        {
            int count = Math.Min(to.Length - done, _memory.Length);
            from.SubView(done, count).CopyTo(_stream, Part(0, count));
            _stream.Synchronize();
            _memory.AsSpan(0, count).CopyTo(to.Slice(done, count));
            done += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock?.Dispose();
        _buffer.Dispose();
    }

    private ArrayView<T> Part(int start, int count) => new(_buffer, start, count);

    private void Wait()
    {
        _stream.Synchronize();
        _used = 0;
    }
}
