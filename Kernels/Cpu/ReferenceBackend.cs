using System.Numerics;
using System.Text;

namespace NativeFlow.Kernels;

/// <summary>Naive loops, one idea a line. Defines the meaning of every primitive; slow, and used as the oracle for <see cref="SimdBackend{T}"/>.</summary>
public sealed unsafe class ReferenceBackend<T> : IBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CpuMemory<T> _memory = new();
    private readonly Workers _workers = new(1);

    /// <inheritdoc/>
    public string Name => "reference";

    /// <inheritdoc/>
    public long AllocatedElements => _memory.AllocatedElements;

    /// <inheritdoc/>
    public Slice Allocate(int elements) => _memory.Allocate(elements);

    /// <inheritdoc/>
    public void Release(Slice block) => _memory.Release(block);

    /// <inheritdoc/>
    public void Read(Slice from, Span<T> to)
    {
        if (from.Length != to.Length) Throw.Length("Read", from.Length, to.Length);
        _memory.Span(from).CopyTo(to);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<T> from, Slice to)
    {
        if (from.Length != to.Length) Throw.Length("Write", to.Length, from.Length);
        from.CopyTo(_memory.Span(to));
    }

    /// <inheritdoc/>
    public void Gemm(in GemmArgs args)
    {
        (int lda, int ldb, int ldc) = GemmGuard.Check(args);
        for (int i = 0; i < args.Batch; i++)
            ReferenceGemm.Run(
                args.TransposeA, args.TransposeB, args.M, args.N, args.K, T.CreateChecked(args.Alpha),
                _memory.Pointer(args.A) + i * args.StrideA, lda,
                _memory.Pointer(args.B) + i * args.StrideB, ldb,
                args.Accumulate, _memory.Pointer(args.C) + i * args.StrideC, ldc, _memory.Pointer(args.Bias));
    }

    /// <inheritdoc/>
    public void Factor(in FactorArgs args) => Factorisation.Run(_memory, args, naive: true, workers: null);

    /// <inheritdoc/>
    public void Random(in RandomArgs args) => RandomNumbers.Fill(_memory.Span(args.Destination), args);

    /// <inheritdoc/>
    public void Run(KernelId kernel, in KernelArgs args)
        => CpuKernels<T>.Reference(kernel)(new CpuArgs<T>(_memory, args, _workers));

    /// <inheritdoc/>
    public string Explain()
    {
        var text = new StringBuilder("reference backend: every primitive is a naive loop\n");
        foreach ((string name, _) in CpuKernels<T>.All()) text.Append("  ").Append(name).Append(": reference\n");
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _workers.Dispose();
    }
}
