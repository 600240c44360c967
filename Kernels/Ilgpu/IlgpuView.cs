using ILGPU;
using ILGPU.Runtime;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Elements in a device's memory, or in a group's shared memory, through ILGPU.</summary>
/// <remarks>
/// <see cref="Load4"/> and <see cref="Store4"/> tell ILGPU that what they reach starts at a multiple of 16 bytes; nothing else does, so a view that starts
/// elsewhere is right for single elements.
/// </remarks>
/// <param name="elements">The elements.</param>
public readonly struct IlgpuView<T>(ArrayView<T> elements) : IView<T> where T : unmanaged
{
    /// <inheritdoc/>
    public int Length => elements.IntLength;

    /// <inheritdoc/>
    public T Load(int index) => elements[index];

    /// <inheritdoc/>
    public void Store(int index, T value) => elements[index] = value;

    /// <inheritdoc/>
    public Quad<T> Load4(int index) => Four(index)[0];

    /// <inheritdoc/>
    public void Store4(int index, Quad<T> value) => Four(index)[0] = value;

    // Not element index / 4 of a view of fours: that leaves a shift and a product before every access, which the driver cannot fold into an offset.
    private ArrayView<Quad<T>> Four(int index) => elements.SubView(index, 4).AsAligned(16).Cast<Quad<T>>();
}
