using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>A kernel as a body that any backend can run: picks a method of <paramref name="launcher"/> and hands over the body's type.</summary>
public delegate void PortableKernel<T>(IPortableLauncher<T> launcher, in KernelArgs args) where T : unmanaged, IFloatingPointIeee754<T>;

/// <summary>The table of kernels with a portable body, filled by ops beside <see cref="CpuKernels{T}"/>.</summary>
public static class PortableKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly Lock Gate = new();
    private static PortableKernel<T>?[] _kernels = new PortableKernel<T>?[64];

    /// <summary>Gives kernel <paramref name="id"/> a portable body; returns the number.</summary>
    public static KernelId Define(KernelId id, PortableKernel<T> kernel)
    {
        lock (Gate)
        {
            // A new array is published whole: a backend on another thread reads either the old table or the new one.
            if (id.Index >= _kernels.Length) Array.Resize(ref _kernels, 2 * id.Index);
            _kernels[id.Index] = kernel;
        }
        return id;
    }

    /// <summary>The body of kernel <paramref name="id"/>, or null.</summary>
    public static PortableKernel<T>? Find(KernelId id)
    {
        PortableKernel<T>?[] kernels = Volatile.Read(ref _kernels);
        return id.Index < kernels.Length ? kernels[id.Index] : null;
    }
}
