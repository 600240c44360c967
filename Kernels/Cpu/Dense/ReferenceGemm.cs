using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The matrix product as plain loops: it defines what <see cref="Gemm"/> means.</summary>
public static unsafe class ReferenceGemm
{
    /// <summary>
    /// C = alpha op(A) op(B), or C += alpha op(A) op(B), row-major. A is [m x k] ([k x m] when transposed), B is [k x n] ([n x k] when
    /// transposed), C is [m x n]; lda, ldb, ldc are row strides in elements. k = 0 gives zeros, or leaves C when accumulating.
    /// The bias, a row of n, is added to every row of C unless accumulating. C must not overlap A, B or the bias. Cost: 2 m n k flops.
    /// </summary>
    public static void Run<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc, T* bias = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                T sum = T.Zero;
                for (int p = 0; p < k; p++)
                    sum += (transposeA ? a[(nint)p * lda + i] : a[(nint)i * lda + p]) * (transposeB ? b[(nint)j * ldb + p] : b[(nint)p * ldb + j]);
                T* target = c + (nint)i * ldc + j;
                if (k == 0)
                    *target = accumulate ? *target : T.Zero;
                else
                    *target = accumulate ? *target + alpha * sum : alpha * sum;
                if (bias is not null && !accumulate) *target += bias[j];
            }
    }
}
