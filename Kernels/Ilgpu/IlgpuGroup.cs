using System.Runtime.CompilerServices;
using ILGPU;
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Kernels.Ilgpu;

/// <summary>The group of the item that runs, through ILGPU.</summary>
public readonly struct IlgpuGroup<T> : IGroup<T, IlgpuView<T>> where T : unmanaged
{
    /// <inheritdoc/>
    public int Item => Group.IdxX;

    /// <inheritdoc/>
    public int Items => Group.DimX;

    /// <inheritdoc/>
    public int X => global::ILGPU.Grid.IdxX;

    /// <inheritdoc/>
    public int Y => global::ILGPU.Grid.IdxY;

    /// <inheritdoc/>
    public int Z => global::ILGPU.Grid.IdxZ;

    /// <inheritdoc/>
    public int GroupsX => global::ILGPU.Grid.DimX;

    /// <inheritdoc/>
    public void Barrier([CallerLineNumber] int line = 0) => Group.Barrier();

    /// <inheritdoc/>
    public Quad<T> MultiplyTf32(Quad<T> a, T b0, T b1, Quad<T> c) => DeviceIntrinsics.MultiplyTf32(a, b0, b1, c);

    /// <inheritdoc/>
    /// <remarks>Each call in a kernel's text makes memory of its own, whatever its slot.</remarks>
    public IlgpuView<T> Shared<TLength>(int slot) where TLength : struct, ILength => new(SharedMemory.Allocate<T>(TLength.Value));
}
