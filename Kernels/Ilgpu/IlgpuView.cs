using ILGPU;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>Elements in a device's memory, or in a group's shared memory, through ILGPU.</summary>
/// <remarks>
/// ILGPU takes the start of a view for a multiple of 16 bytes when it chooses instructions for <see cref="Load4"/> and <see cref="Store4"/>,
/// and for nothing else: a view that starts elsewhere is right for single elements.
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
    public Quad<T> Load4(int index) => elements.Cast<Quad<T>>()[index / 4];

    /// <inheritdoc/>
    public void Store4(int index, Quad<T> value) => elements.Cast<Quad<T>>()[index / 4] = value;
}
