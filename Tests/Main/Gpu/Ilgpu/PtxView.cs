#if ILGPU
using NativeFlow.Kernels.Gpu;

namespace NativeFlow.Tests;

/// <summary>An argument of a kernel that <see cref="PtxDevice{T}"/> runs: where it lies, as the compiled code takes it. Kernels never touch it as it stands here.</summary>
internal readonly struct PtxView<T>(nint address, int length) : IView<T> where T : unmanaged
{
    public nint Address { get; } = address;

    public int Length { get; } = length;

    public T Load(int index) => throw new NotSupportedException();

    public void Store(int index, T value) => throw new NotSupportedException();

    public Quad<T> Load4(int index) => throw new NotSupportedException();

    public void Store4(int index, Quad<T> value) => throw new NotSupportedException();
}
#endif
