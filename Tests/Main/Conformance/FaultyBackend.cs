using System.Numerics;
using NativeFlow.Kernels;

namespace NativeFlow.Tests;

/// <summary>A right backend behind one planted fault.</summary>
internal sealed class FaultyBackend<T>(string fault) : IBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ReferenceBackend<T> _inner = new();

    public string Name => fault;

    public long AllocatedElements => _inner.AllocatedElements;

    public Slice Allocate(int elements)
    {
        Slice block = _inner.Allocate(elements);
        if (fault == "dirty blocks") BasicKernels<T>.Fill(_inner, block, 1);
        return block;
    }

    public void Release(Slice block)
    {
        if (fault != "nothing released") _inner.Release(block);
    }

    public void Read(Slice from, Span<T> to)
    {
        if (fault == "strangers read" && from.Length == to.Length)
        {
            try
            {
                _inner.Read(from, to);
            }
            catch (ArgumentException)
            {
                to.Clear();
            }
            return;
        }
        _inner.Read(from, to);
    }

    public void Write(ReadOnlySpan<T> from, Slice to) => _inner.Write(from, to);

    public void Gemm(in GemmArgs args)
    {
        GemmArgs g = args;
        int lda = g.Lda != 0 ? g.Lda : g.TransposeA ? g.M : g.K, ldb = g.Ldb != 0 ? g.Ldb : g.TransposeB ? g.K : g.N;
        switch (fault)
        {
            case "M for K": g = g with { K = Math.Min(g.M, g.K), Lda = lda, Ldb = ldb }; break;
            case "no transposes": g = g.M == g.K ? g with { TransposeA = false } : g; break;
            case "no accumulation": g = g with { Accumulate = false }; break;
            case "no alpha": g = g with { Alpha = 1 }; break;
            case "no row stride": g = g with { Ldc = 0 }; break;
            case "no batch stride": g = g with { StrideA = 0 }; break;
            case "one of the batch": g = g with { Batch = 1 }; break;
            case "zero times old C" when !g.Accumulate:
                BasicKernels<T>.Scale(_inner, g.C, g.C, 0);
                g = g with { Accumulate = true };
                break;
            case "overlap allowed" when g.C.Block == g.A.Block || g.C.Block == g.B.Block:
                return;
        }
        _inner.Gemm(g);
        if (fault == "NaN to zero")
        {
            var c = new T[g.C.Length];
            _inner.Read(g.C, c);
            _inner.Write(Array.ConvertAll(c, v => T.IsNaN(v) ? T.Zero : v), g.C);
        }
    }

    public void Factor(in FactorArgs args)
        => _inner.Factor(fault == "solve not transposed" && args.Kind == FactorKind.SolveTransposed ? args with { Kind = FactorKind.Solve } : args);

    public void Random(in RandomArgs args) => _inner.Random(fault == "stream ignored" ? args with { Stream = 0 } : args);

    public void Run(KernelId kernel, in KernelArgs args)
    {
        Slice[] slices = args.Slices.ToArray();
        if (fault == "tail of kernels" && args.Sizes.IsEmpty)
            for (int i = 0; i < slices.Length; i++) slices[i] = slices[i].Length < 8 ? slices[i] : slices[i].Part(0, slices[i].Length / 8 * 8);
        if (fault == "one element too many" && kernel.Name == "add-scaled")
            for (int i = 0; i < slices.Length; i++) slices[i] = slices[i] with { Length = slices[i].Length + 1 };
        _inner.Run(kernel, new KernelArgs(slices, args.Sizes, args.Reals));
    }

    public string Explain() => fault;

    public void Dispose() => _inner.Dispose();
}
