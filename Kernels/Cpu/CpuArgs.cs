using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The view that a CPU kernel has of its arguments: slices resolved to spans.</summary>
public readonly ref struct CpuArgs<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CpuMemory<T> _memory;
    private readonly KernelArgs _args;

    internal CpuArgs(CpuMemory<T> memory, in KernelArgs args, Workers workers)
    {
        _memory = memory;
        _args = args;
        Workers = workers;
    }

    /// <summary>The arguments as they were given.</summary>
    public KernelArgs Args => _args;

    /// <summary>Threads of the backend.</summary>
    public Workers Workers { get; }

    /// <summary>Elements of slice <paramref name="index"/>; empty for <see cref="Slice.None"/>.</summary>
    public Span<T> this[int index] => _memory.Span(_args.Slices[index]);

    /// <summary>Whether slice <paramref name="index"/> was given.</summary>
    public bool Has(int index) => !_args.Slices[index].IsNone;

    /// <summary>Size or flag number <paramref name="index"/>.</summary>
    public int Size(int index) => _args.Sizes[index];

    /// <summary>Real constant number <paramref name="index"/>, rounded to T.</summary>
    public T Real(int index) => _args.Real<T>(index);

    /// <summary>Real constant number <paramref name="index"/> as given.</summary>
    public double Real64(int index) => _args.Reals[index];
}
