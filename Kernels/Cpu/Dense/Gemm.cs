using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// General matrix product, row-major: packed panels and register tiles of up to 14 rows by two vectors (or 16 by one), from one source for float and
/// double and all vector widths. <see cref="ReferenceGemm"/> defines the meaning. Results do not depend on the number of threads.
/// </summary>
/// <remarks>Source of the method: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34 (2008).</remarks>
public static unsafe class Gemm
{
    /// <summary>Below this, waking another thread costs more than it saves.</summary>
    private const double LeastFlopsToSplit = 2e6;

    /// <summary>
    /// C = alpha op(A) op(B), or C += alpha op(A) op(B). A is [m x k] ([k x m] when transposed), B is [k x n] ([n x k] when transposed),
    /// C is [m x n]; lda, ldb, ldc are row strides in elements. C must not overlap A or B, and is not read unless accumulating.
    /// The bias, a row of n or null, is added to every row of C unless accumulating. k = 0 gives the bias or zeros, or leaves C when
    /// accumulating; m = 0 or n = 0 does nothing. Cost: 2 m n k flops; no managed allocation after a thread's first call; scratch for one
    /// pass over k of a B of up to 16 MiB, and of an A of up to 32 MiB where its rows cannot be read in place.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative, or rows of C overlap.</exception>
    public static void Run<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc, Workers? workers = null, T* bias = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (m < 0 || n < 0 || k < 0) throw BadSizes(m, n, k);
        if (m == 0 || n == 0) return;
        if (accumulate) bias = null;
        if (m > 1 && ldc < n) throw BadStride(n, ldc);
        if (k == 0)
        {
            if (!accumulate) FillRows(m, n, c, ldc, bias);
            return;
        }
        if (m == 1 || n == 1)
        {
            if (bias != null)
            {
                FillRows(m, n, c, ldc, bias);
                accumulate = true;
            }
            if (m == 1) Gemv.Run(!transposeB, transposeB ? n : k, transposeB ? k : n, alpha, b, ldb, a, transposeA ? lda : 1, accumulate, c, 1, workers);
            else Gemv.Run(transposeA, transposeA ? k : m, transposeA ? m : k, alpha, a, lda, b, transposeB ? 1 : ldb, accumulate, c, ldc, workers);
            return;
        }
        bool split = workers is not null && workers.Threads > 1 && 2.0 * m * n * k >= LeastFlopsToSplit;
        if (split)
        {
            GemmWork<T> work = GemmWork<T>.Current;
            Fill(ref work.Plan, transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias);
            work.Run(workers!);
            return;
        }
        if (GemmWork<T>.TrySmall(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias)) return;
        GemmPlan<T> plan = default;
        Fill(ref plan, transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias);
        GemmWork<T>.Run(ref plan);
    }

    /// <summary>
    /// <paramref name="batch"/> products of one shape: product i uses a + i strideA, b + i strideB, c + i strideC (strides in elements;
    /// strideA or strideB 0 shares an operand). The products' C must not overlap. Each result is bit-identical to <see cref="Run"/>.
    /// </summary>
    /// <exception cref="ArgumentException">A size is negative, or rows of C overlap.</exception>
    public static void RunBatched<T>(
        int batch, bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, long strideA, T* b, int ldb, long strideB, bool accumulate, T* c, int ldc, long strideC, Workers? workers = null, T* bias = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (batch < 0) throw new ArgumentException($"Gemm: the batch has {batch} products; give 0 or more.");
        double flops = 2.0 * m * n * k;
        if (workers is null || workers.Threads == 1 || flops >= LeastFlopsToSplit || flops * batch < LeastFlopsToSplit)
        {
            for (long i = 0; i < batch; i++)
                Run(transposeA, transposeB, m, n, k, alpha, a + i * strideA, lda, b + i * strideB, ldb, accumulate, c + i * strideC, ldc, workers, bias);
            return;
        }
        GemmBatchWork<T> work = GemmBatchWork<T>.Current;
        (work.TransposeA, work.TransposeB, work.Accumulate, work.Alpha) = (transposeA, transposeB, accumulate, alpha);
        (work.Batch, work.M, work.N, work.K) = (batch, m, n, k);
        (work.Lda, work.Ldb, work.Ldc) = (lda, ldb, ldc);
        (work.StrideA, work.StrideB, work.StrideC) = (strideA, strideB, strideC);
        work.A = a;
        work.B = b;
        work.C = c;
        work.Bias = bias;
        work.BatchesPerPiece = (int)Math.Max(1, Math.Min(batch / 16.0, LeastFlopsToSplit / 8 / Math.Max(flops, 1)));
        workers.Run(work, (int)(((long)batch + work.BatchesPerPiece - 1) / work.BatchesPerPiece));
    }

    private static void Fill<T>(
        ref GemmPlan<T> plan, bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc, T* bias)
        where T : unmanaged
    {
        plan.TransposeA = transposeA;
        plan.TransposeB = transposeB;
        plan.Accumulate = accumulate;
        plan.M = m;
        plan.N = n;
        plan.K = k;
        plan.Alpha = alpha;
        plan.A = a;
        plan.B = b;
        plan.C = c;
        plan.Bias = bias;
        plan.Lda = lda;
        plan.Ldb = ldb;
        plan.Ldc = ldc;
    }

    private static void FillRows<T>(int m, int n, T* c, nint ldc, T* bias)
        where T : unmanaged
    {
        for (int i = 0; i < m; i++, c += ldc)
        {
            if (bias is null) new Span<T>(c, n).Clear();
            else new Span<T>(bias, n).CopyTo(new Span<T>(c, n));
        }
    }

    private static ArgumentException BadSizes(int m, int n, int k) =>
        new($"Gemm: sizes m = {m}, n = {n}, k = {k}; none may be negative.");

    private static ArgumentException BadStride(int n, int ldc) =>
        new($"Gemm: C has rows of {n} elements but a row stride of {ldc}, so they overlap; give ldc >= {n}.");
}
