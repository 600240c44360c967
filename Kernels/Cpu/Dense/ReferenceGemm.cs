using System.Numerics;

namespace NativeFlow.Kernels;

internal static unsafe class ReferenceGemm
{
    public static void Run<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc)
        where T : unmanaged, IFloatingPointIeee754<T>
        => Gemm.Run(transposeA, transposeB, m, n, k, alpha, a, lda, b, ldb, accumulate, c, ldc);
}
