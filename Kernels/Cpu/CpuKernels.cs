using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The table through which ops bring their kernels: two per kernel, one that defines the meaning and one that is fast.</summary>
public static class CpuKernels<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly Lock Gate = new();
    private static CpuKernel<T>?[] _reference = new CpuKernel<T>?[64];
    private static CpuKernel<T>?[] _simd = new CpuKernel<T>?[64];

    /// <summary>Defines kernel <paramref name="name"/>. Without a <paramref name="simd"/> version the SIMD backend runs the reference and says so in <c>Explain</c>.</summary>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public static KernelId Define(string name, CpuKernel<T> reference, CpuKernel<T>? simd = null)
    {
        KernelId id = KernelId.Of(name);
        lock (Gate)
        {
            if (id.Index >= _reference.Length)
            {
                // New arrays are published whole: a backend on another thread reads either the old table or the new one.
                Array.Resize(ref _reference, 2 * id.Index);
                Array.Resize(ref _simd, 2 * id.Index);
            }
            if (_reference[id.Index] is not null) throw new InvalidOperationException($"Kernel '{name}' is defined twice.");
            _reference[id.Index] = reference;
            _simd[id.Index] = simd;
        }
        return id;
    }

    internal static CpuKernel<T> Reference(KernelId id) => Volatile.Read(ref _reference)[id.Index]!;

    internal static CpuKernel<T> Simd(KernelId id) => Volatile.Read(ref _simd)[id.Index] ?? Reference(id);

    /// <summary>Name of every kernel defined so far for this type, and whether it has a SIMD version.</summary>
    public static IEnumerable<(string Name, bool HasSimd)> All()
    {
        CpuKernel<T>?[] reference = Volatile.Read(ref _reference), simd = Volatile.Read(ref _simd);
        for (int i = 0; i < reference.Length; i++)
            if (reference[i] is not null) yield return (new KernelId(i).Name, simd[i] is not null);
    }
}
