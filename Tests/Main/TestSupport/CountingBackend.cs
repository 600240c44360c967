using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>A backend that counts the flops of the matrix products and the transfers of the one inside.</summary>
internal sealed class CountingBackend<T>(IBackend<T> inner, bool asynchronous = false, Func<long>? detours = null) : IBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly IBackend<T> _inner = inner;

    public CountingBackend()
        : this(new SimdBackend<T>(1))
    {
    }

    /// <summary>Transfers to the host so far.</summary>
    public long Reads { get; set; }

    /// <summary>Transfers from the host so far.</summary>
    public long Writes { get; set; }

    /// <summary>What made the count of detours rise, where one is given.</summary>
    public SortedSet<string> Detours { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether ops treat it as a device.</summary>
    public bool IsAsynchronous => asynchronous || _inner.IsAsynchronous;

    /// <summary>2 M N K for every product since the last reset.</summary>
    public long ProductFlops { get; set; }

    public string Name => "counting";

    public long AllocatedElements => _inner.AllocatedElements;

    public Slice Allocate(int elements) => _inner.Allocate(elements);

    public void Release(Slice block) => _inner.Release(block);

    public void Read(Slice from, Span<T> to)
    {
        Reads++;
        _inner.Read(from, to);
    }

    public void Write(ReadOnlySpan<T> from, Slice to)
    {
        Writes++;
        _inner.Write(from, to);
    }

    public void Gemm(in GemmArgs args)
    {
        ProductFlops += 2L * args.M * args.N * args.K * Math.Max(1, args.Batch);
        _inner.Gemm(args);
    }

    public void Factor(in FactorArgs args)
    {
        long before = Count;
        _inner.Factor(args);
        if (Count > before) Detours.Add($"{args.Kind}");
    }

    public void Random(in RandomArgs args) => _inner.Random(args);

    public void Run(KernelId kernel, in KernelArgs args)
    {
        long before = Count;
        _inner.Run(kernel, args);
        if (Count > before) Detours.Add(kernel.Name);
    }

    private long Count => detours?.Invoke() ?? 0;

    public string Explain() => _inner.Explain();

    public void Dispose() => _inner.Dispose();
}
