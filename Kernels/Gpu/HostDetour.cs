using System.Numerics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Runs on the CPU what has no kernel for the device: copies the slices down, computes, copies them back. Slow, and counted.</summary>
internal sealed class HostDetour<T, TView>(IGpuDevice<T, TView> device, GpuBlocks blocks) : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
    where TView : struct, IView<T>
{
    private const int MostSlices = 32;

    private readonly CpuMemory<T> _memory = new();
    private readonly Workers _workers = new(Environment.ProcessorCount);

    /// <summary>Calls so far.</summary>
    public long Count { get; private set; }

    /// <summary>Runs a kernel of the CPU.</summary>
    public void Run(KernelId kernel, in KernelArgs args)
    {
        Span<Slice> host = stackalloc Slice[MostSlices];
        host = host[..args.Slices.Length];
        Down(args.Slices, host);
        try
        {
            CpuKernels<T>.Simd(kernel)(new CpuArgs<T>(_memory, new KernelArgs(host, args.Sizes, args.Reals), _workers));
            Up(host, args.Slices);
        }
        finally
        {
            Release(host);
        }
    }

    /// <summary>Runs a factorisation of the CPU.</summary>
    public void Factor(in FactorArgs args)
    {
        ReadOnlySpan<Slice> slices = [args.A, args.P, args.B, args.R];
        Span<Slice> host = stackalloc Slice[4];
        Down(slices, host);
        try
        {
            Factorisation.Run(_memory, args with { A = host[0], P = host[1], B = host[2], R = host[3] }, naive: false, _workers);
            Up(host, slices);
        }
        finally
        {
            Release(host);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _workers.Dispose();
    }

    // Slices of one block share one host block from the first of their elements to the last, so that overlaps stay overlaps.
    private void Down(ReadOnlySpan<Slice> slices, Span<Slice> host)
    {
        Count++;
        host.Fill(Slice.None);
        for (int i = 0; i < slices.Length; i++)
        {
            if (slices[i].IsNone || !host[i].IsNone) continue;
            int from = int.MaxValue, to = 0;
            foreach (Slice s in slices)
                if (s.Block == slices[i].Block) (from, to) = (Math.Min(from, s.Offset), Math.Max(to, s.Offset + s.Length));
            Slice whole = _memory.Allocate(to - from);
            for (int k = 0; k < slices.Length; k++)
            {
                if (slices[k].Block != slices[i].Block) continue;
                host[k] = whole.Part(slices[k].Offset - from, slices[k].Length);
                device.Read(blocks.Of(slices[k]), slices[k].Offset, _memory.Span(host[k]));
            }
        }
    }

    private void Up(ReadOnlySpan<Slice> host, ReadOnlySpan<Slice> slices)
    {
        for (int k = 0; k < slices.Length; k++)
            if (!slices[k].IsNone) device.Write(_memory.Span(host[k]), blocks.Of(slices[k]), slices[k].Offset);
    }

    private void Release(ReadOnlySpan<Slice> host)
    {
        for (int i = 0; i < host.Length; i++)
        {
            bool isFirst = !host[i].IsNone;
            for (int k = 0; k < i; k++) isFirst &= host[k].Block != host[i].Block;
            if (isFirst) _memory.Release(host[i]);
        }
    }
}
