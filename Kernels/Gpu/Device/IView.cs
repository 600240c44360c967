namespace NativeFlow.Kernels.Gpu;

/// <summary>A run of elements in a device's memory, or in the shared memory of a group, as a kernel sees it.</summary>
/// <remarks>One struct per way of running: an array view on a device, checked memory in the emulator.</remarks>
public interface IView<T> where T : unmanaged
{
    /// <summary>Number of elements.</summary>
    int Length { get; }

    /// <summary>Element <paramref name="index"/>.</summary>
    T Load(int index);

    /// <summary>Sets element <paramref name="index"/>.</summary>
    void Store(int index, T value);

    /// <summary>The four elements from <paramref name="index"/> on, in one instruction; both the view's start and the index must be multiples of four elements.</summary>
    Quad<T> Load4(int index);

    /// <summary>Sets the four elements from <paramref name="index"/> on, in one instruction; alignment as for <see cref="Load4"/>.</summary>
    void Store4(int index, Quad<T> value);
}
