using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;

namespace NativeFlow.Kernels;

/// <summary>The product: vectorised, blocked, threaded. Results do not depend on the number of threads.</summary>
public sealed unsafe class SimdBackend<T> : IBackend<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly CpuMemory<T> _memory = new();
    private readonly Workers _workers;

    /// <summary>Creates a backend with <paramref name="threads"/> threads, the caller included; 0 takes one per processor.</summary>
    public SimdBackend(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _workers = new Workers(threads == 0 ? Environment.ProcessorCount : threads);
    }

    /// <inheritdoc/>
    public string Name => $"simd, {WidthInBits}-bit, {_workers.Threads} thread{(_workers.Threads == 1 ? "" : "s")}";

    /// <summary>Width in bits of the vectors that the kernels use on this machine.</summary>
    public static int WidthInBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

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
        Kernels.Gemm.RunBatched(
            args.Batch, args.TransposeA, args.TransposeB, args.M, args.N, args.K, T.CreateChecked(args.Alpha),
            _memory.Pointer(args.A), lda, args.StrideA, _memory.Pointer(args.B), ldb, args.StrideB,
            args.Accumulate, _memory.Pointer(args.C), ldc, args.StrideC, _workers, _memory.Pointer(args.Bias));
    }

    /// <inheritdoc/>
    public void Factor(in FactorArgs args) => Factorisation.Run(_memory, args, naive: false, _workers);

    /// <inheritdoc/>
    public void Random(in RandomArgs args) => RandomNumbers.Fill(_memory.Span(args.Destination), args);

    /// <inheritdoc/>
    public void Run(KernelId kernel, in KernelArgs args)
        => CpuKernels<T>.Simd(kernel)(new CpuArgs<T>(_memory, args, _workers));

    /// <inheritdoc/>
    public string Explain()
    {
        var text = new StringBuilder(Name).Append('\n');
        foreach ((string name, bool simd) in CpuKernels<T>.All())
            text.Append("  ").Append(name).Append(simd ? ": simd\n" : ": reference\n");
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _workers.Dispose();
    }
}
