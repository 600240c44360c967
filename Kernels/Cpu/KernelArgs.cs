using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>What one kernel call is given: memory, sizes and real constants, in the order that the kernel's own file states.</summary>
public readonly ref struct KernelArgs
{
    /// <summary>Packs the arguments; the spans usually come from collection expressions and live on the stack.</summary>
    public KernelArgs(ReadOnlySpan<Slice> slices, ReadOnlySpan<int> sizes = default, ReadOnlySpan<double> reals = default)
    {
        Slices = slices;
        Sizes = sizes;
        Reals = reals;
    }

    /// <summary>Memory, inputs first by custom. <see cref="Slice.None"/> marks an optional one that is absent.</summary>
    public ReadOnlySpan<Slice> Slices { get; }

    /// <summary>Sizes and flags.</summary>
    public ReadOnlySpan<int> Sizes { get; }

    /// <summary>Real constants.</summary>
    public ReadOnlySpan<double> Reals { get; }

    /// <summary>Real constant number <paramref name="index"/>, rounded to T.</summary>
    public T Real<T>(int index) where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(Reals[index]);
}
