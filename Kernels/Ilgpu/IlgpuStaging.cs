using ILGPU;
using ILGPU.Runtime;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Copies between host and device by way of page-locked memory, so that copies to the device need not wait for it.</summary>
/// <remarks>Room is handed out from front to back; only when it is used up does a copy wait until the device has fetched what lies there.</remarks>
internal sealed class IlgpuStaging<T>(Accelerator accelerator, AcceleratorStream stream) : IDisposable where T : unmanaged
{
    private const int Bytes = 16 << 20;

    private readonly PageLockedArray1D<T> _memory = accelerator.AllocatePageLocked1D<T>(Bytes / Interop.SizeOf<T>());
    private int _used;

    /// <summary>Copies to the device; returns before it has happened.</summary>
    public void Write(ReadOnlySpan<T> from, ArrayView<T> to)
    {
        for (int done = 0; done < from.Length;)
        {
            if (_used == _memory.Length) Wait();
            int count = Math.Min(from.Length - done, (int)_memory.Length - _used);
            from.Slice(done, count).CopyTo(_memory.Span.Slice(_used, count));
            to.SubView(done, count).CopyFrom(stream, _memory.ArrayView.SubView(_used, count));
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
            int count = Math.Min(to.Length - done, (int)_memory.Length);
            from.SubView(done, count).CopyTo(stream, _memory.ArrayView.SubView(0, count));
            stream.Synchronize();
            _memory.Span[..count].CopyTo(to.Slice(done, count));
            done += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    private void Wait()
    {
        stream.Synchronize();
        _used = 0;
    }
}
