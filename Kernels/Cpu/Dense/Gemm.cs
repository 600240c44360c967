using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>General matrix product, row-major.</summary>
public static unsafe class Gemm
{
    /// <summary>C = alpha op(A) op(B), or C += alpha op(A) op(B). A is [m x k] ([k x m] when transposed), B is [k x n] ([n x k] when transposed), C is [m x n]; lda, ldb, ldc are row strides in elements.</summary>
    public static void Run<T>(
        bool transposeA, bool transposeB, int m, int n, int k,
        T alpha, T* a, int lda, T* b, int ldb, bool accumulate, T* c, int ldc, Workers? workers = null)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                T sum = T.Zero;
                for (int p = 0; p < k; p++)
                    sum += (transposeA ? a[p * lda + i] : a[i * lda + p]) * (transposeB ? b[j * ldb + p] : b[p * ldb + j]);
                c[i * ldc + j] = accumulate ? c[i * ldc + j] + alpha * sum : alpha * sum;
            }
    }
}
