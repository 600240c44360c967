using System.Runtime.InteropServices;

namespace NativeFlow.Kernels;

/// <summary>A native block for the length of one call: no managed allocation, freed by Dispose.</summary>
internal readonly unsafe ref struct Scratch<T>
    where T : unmanaged
{
    public readonly T* Pointer;

    public Scratch(int count) => Pointer = (T*)NativeMemory.AlignedAlloc((nuint)Math.Max(count, 1) * (nuint)sizeof(T), 64);

    public void Dispose() => NativeMemory.AlignedFree(Pointer);
}
