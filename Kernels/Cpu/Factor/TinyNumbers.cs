using System.Numerics;
using System.Numerics.Tensors;

namespace NativeFlow.Kernels;

/// <summary>
/// Keeps subnormal numbers out of a factorisation, where they cost a hundred times as much as others: the inverse of a sparse matrix
/// decays away from the diagonal through all powers of two, unless its zeros are not quite zero.
/// </summary>
internal static class TinyNumbers
{
    /// <summary>
    /// Raises what is smaller than 2^-44 (float) or 2^-300 (double) of the largest element, zeros included, to that size. Far below the rounding
    /// of any factorisation of the matrix, and large enough for products of three such numbers to be normal.
    /// </summary>
    public static void Raise<T>(Span<T> matrix) where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (matrix.IsEmpty) return;
        T bound = T.Abs(TensorPrimitives.MaxMagnitude<T>(matrix)) * T.ScaleB(T.One, typeof(T) == typeof(float) ? -44 : -300);
        // Nothing is judged beside a number that is not finite.
        if (!T.IsFinite(bound)) return;
        for (int i = 0; i < matrix.Length; i++)
            if (T.Abs(matrix[i]) < bound) matrix[i] = bound;
    }
}
