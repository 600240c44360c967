using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The textbook elimination of a band matrix with partial pivoting, a number at a time, in the memory of <see cref="Band"/>. Multipliers stay where they were made: a solve replays the exchanges one by one.</summary>
internal static unsafe class ReferenceBandedLu
{
    /// <summary>Factors in place. pivots[k] is how far below row k its pivot was found.</summary>
    public static void Factor<T>(Band band, T* memory, T* pivots)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < band.N; k++)
        {
            int rows = band.LastRow(k + 1), columns = band.LastColumn(k + 1), best = k;
            for (int i = k + 1; i < rows; i++)
                if (!(T.Abs(At(band, memory, i, k)) <= T.Abs(At(band, memory, best, k)))) best = i;
            pivots[k] = T.CreateTruncating(best - k);
            if (best != k)
                for (int j = k; j < columns; j++) (At(band, memory, k, j), At(band, memory, best, j)) = (At(band, memory, best, j), At(band, memory, k, j));
            if (T.IsZero(At(band, memory, k, k))) continue;
            for (int i = k + 1; i < rows; i++)
            {
                T factor = At(band, memory, i, k) / At(band, memory, k, k);
                At(band, memory, i, k) = factor;
                for (int j = k + 1; j < columns; j++) At(band, memory, i, j) -= factor * At(band, memory, k, j);
            }
        }
    }

    /// <summary>Solves A X = B in place; <paramref name="b"/> is [N x rhs].</summary>
    public static void Solve<T>(Band band, T* memory, T* pivots, T* b, int rhs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int r = 0; r < rhs; r++)
        {
            for (int k = 0; k < band.N; k++)
            {
                int best = k + int.CreateTruncating(pivots[k]);
                (b[(k * rhs) + r], b[(best * rhs) + r]) = (b[(best * rhs) + r], b[(k * rhs) + r]);
                for (int i = k + 1; i < band.LastRow(k + 1); i++) b[(i * rhs) + r] -= At(band, memory, i, k) * b[(k * rhs) + r];
            }

            for (int k = band.N - 1; k >= 0; k--)
            {
                for (int j = k + 1; j < band.LastColumn(k + 1); j++) b[(k * rhs) + r] -= At(band, memory, k, j) * b[(j * rhs) + r];
                b[(k * rhs) + r] /= At(band, memory, k, k);
            }
        }
    }

    /// <summary>Solves A^T X = B in place; <paramref name="b"/> is [N x rhs].</summary>
    public static void SolveTransposed<T>(Band band, T* memory, T* pivots, T* b, int rhs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int r = 0; r < rhs; r++)
        {
            for (int k = 0; k < band.N; k++)
            {
                b[(k * rhs) + r] /= At(band, memory, k, k);
                for (int j = k + 1; j < band.LastColumn(k + 1); j++) b[(j * rhs) + r] -= At(band, memory, k, j) * b[(k * rhs) + r];
            }

            for (int k = band.N - 1; k >= 0; k--)
            {
                for (int i = k + 1; i < band.LastRow(k + 1); i++) b[(k * rhs) + r] -= At(band, memory, i, k) * b[(i * rhs) + r];
                int best = k + int.CreateTruncating(pivots[k]);
                (b[(k * rhs) + r], b[(best * rhs) + r]) = (b[(best * rhs) + r], b[(k * rhs) + r]);
            }
        }
    }

    private static ref T At<T>(Band band, T* memory, int i, int j)
        where T : unmanaged => ref memory[band.Origin + ((nint)i * band.Stride) + j];
}
