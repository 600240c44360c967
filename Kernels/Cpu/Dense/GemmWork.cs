using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>A product as pieces for the crew, and the choice of vector width. One per thread, so that a product allocates nothing.</summary>
internal sealed class GemmWork<T> : WorkItem
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [ThreadStatic]
    private static GemmWork<T>? t_work;

    public GemmPlan<T> Plan;

    private bool _packing;
    private int _caller;
    private int _fromLeft;
    private int _fromRight;

    public static GemmWork<T> Current => t_work ??= new GemmWork<T>();

    private static bool HasVectors
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float) || typeof(T) == typeof(double);
    }

    /// <summary>Does a small product at once; false leaves a larger one to <see cref="Run(ref GemmPlan{T})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool TrySmall(
        bool transposeA, bool transposeB, int m, int n, int k, T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc, T* bias)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors)
        {
            if (!GemmSmall<T, Vector512<T>, Lane512<T>>.Fits(transposeA, m, n, k, lda, ldb)) return false;
            GemmSmall<T, Vector512<T>, Lane512<T>>.Run(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias);
        }
        else if (Vector256.IsHardwareAccelerated && HasVectors)
        {
            if (!GemmSmall<T, Vector256<T>, Lane256<T>>.Fits(transposeA, m, n, k, lda, ldb)) return false;
            GemmSmall<T, Vector256<T>, Lane256<T>>.Run(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias);
        }
        else if (Vector128.IsHardwareAccelerated && HasVectors)
        {
            if (!GemmSmall<T, Vector128<T>, Lane128<T>>.Fits(transposeA, m, n, k, lda, ldb)) return false;
            GemmSmall<T, Vector128<T>, Lane128<T>>.Run(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc, bias);
        }
        else
        {
            return false;
        }
        return true;
    }

    /// <summary>The product on the calling thread alone.</summary>
    public static void Run(ref GemmPlan<T> plan)
    {
        Prepare(ref plan, 1);
        for (int slab = 0; slab < plan.Slabs; slab++)
            for (int pass = 0; pass < plan.Passes; pass++)
            {
                int pieces = Begin(ref plan, slab, pass);
                for (int piece = 0; piece < pieces; piece++) PackPiece(ref plan, piece);
                for (int chunk = 0; chunk < plan.Chunks; chunk++) Chunk(ref plan, chunk);
            }
    }

    /// <summary>The product described by <see cref="Plan"/> on all threads: A is packed together, then columns are taken chunk by chunk.</summary>
    public void Run(Workers workers)
    {
        Prepare(ref Plan, workers.Threads);
        _caller = Environment.CurrentManagedThreadId;
        for (int slab = 0; slab < Plan.Slabs; slab++)
            for (int pass = 0; pass < Plan.Passes; pass++)
            {
                _packing = true;
                int pieces = Begin(ref Plan, slab, pass);
                if (pieces > 0) workers.Run(this, pieces);
                _packing = false;
                (_fromLeft, _fromRight) = (0, 0);
                workers.Run(this, Plan.Chunks);
            }
    }

    /// <summary>
    /// The caller takes the leftmost chunk that is left, all others the rightmost. From product to product a thread then mostly meets the
    /// columns that are in its own cache.
    /// </summary>
    public override void Execute(int index)
    {
        if (_packing) PackPiece(ref Plan, index);
        else if (Environment.CurrentManagedThreadId == _caller) Chunk(ref Plan, Interlocked.Increment(ref _fromLeft) - 1);
        else Chunk(ref Plan, Plan.Chunks - Interlocked.Increment(ref _fromRight));
    }

    private static void Prepare(ref GemmPlan<T> plan, int threads)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector512<T>, Lane512<T>>.Prepare(ref plan, threads);
        else if (Vector256.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector256<T>, Lane256<T>>.Prepare(ref plan, threads);
        else if (Vector128.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector128<T>, Lane128<T>>.Prepare(ref plan, threads);
        else GemmDriver<T, T, LaneScalar<T>>.Prepare(ref plan, threads);
    }

    private static int Begin(ref GemmPlan<T> plan, int slab, int pass)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) return GemmDriver<T, Vector512<T>, Lane512<T>>.Begin(ref plan, slab, pass);
        if (Vector256.IsHardwareAccelerated && HasVectors) return GemmDriver<T, Vector256<T>, Lane256<T>>.Begin(ref plan, slab, pass);
        if (Vector128.IsHardwareAccelerated && HasVectors) return GemmDriver<T, Vector128<T>, Lane128<T>>.Begin(ref plan, slab, pass);
        return GemmDriver<T, T, LaneScalar<T>>.Begin(ref plan, slab, pass);
    }

    private static void PackPiece(ref GemmPlan<T> plan, int piece)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector512<T>, Lane512<T>>.PackPiece(ref plan, piece);
        else if (Vector256.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector256<T>, Lane256<T>>.PackPiece(ref plan, piece);
        else if (Vector128.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector128<T>, Lane128<T>>.PackPiece(ref plan, piece);
        else GemmDriver<T, T, LaneScalar<T>>.PackPiece(ref plan, piece);
    }

    private static void Chunk(ref GemmPlan<T> plan, int chunk)
    {
        if (Vector512.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector512<T>, Lane512<T>>.Chunk(ref plan, chunk);
        else if (Vector256.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector256<T>, Lane256<T>>.Chunk(ref plan, chunk);
        else if (Vector128.IsHardwareAccelerated && HasVectors) GemmDriver<T, Vector128<T>, Lane128<T>>.Chunk(ref plan, chunk);
        else GemmDriver<T, T, LaneScalar<T>>.Chunk(ref plan, chunk);
    }
}
