using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Copies panels of A and B into the order in which a tile reads them: one k after the other.</summary>
internal static unsafe class GemmPack<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Columns packed for one group of rows before the next; keeps the overlapping stores below in L1.</summary>
    private const int Chunk = 64;

    /// <summary>
    /// target[p * height + i] = op(A)[i, p] for one row tile. Whole vectors are stored where they fit over the source, so up to a
    /// vector's length of rubbish lands behind each k (and behind the tile), and is overwritten by what is packed next.
    /// </summary>
    /// <param name="transposed">Whether A is stored [k x m].</param>
    /// <param name="a">First element of the tile in A.</param>
    /// <param name="lda">Row stride of A.</param>
    /// <param name="readable">Rows of op(A) from the tile's first to the last of the matrix.</param>
    /// <param name="height">Rows of the tile.</param>
    /// <param name="k">Columns of op(A) to pack.</param>
    /// <param name="target">height * k elements, and one vector of slack.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void A(bool transposed, T* a, nint lda, int readable, int height, int k, T* target)
    {
        int groups = (height + L.Count - 1) / L.Count;
        if (transposed)
        {
            for (int p = 0; p < k; p++, a += lda, target += height)
                for (int first = 0; first < height; first += L.Count)
                {
                    if (first + L.Count <= readable)
                        L.Store(target + first, L.Load(a + first));
                    else
                        for (int i = first; i < height; i++) target[i] = a[i];
                }
            return;
        }
        int whole = k - k % L.TransposeColumns;
        for (int p0 = 0; p0 < whole; p0 += Chunk)
        {
            int end = Math.Min(whole, p0 + Chunk);

            // The topmost group first: what it stores too much belongs to lower groups.
            for (int first = (groups - 1) * L.Count; first >= 0; first -= L.Count)
            {
                T* source = a + first * lda;
                if (first + L.Count <= readable)
                    for (int p = p0; p < end; p += L.TransposeColumns)
                        L.Transpose(source + p, lda, target + (nint)p * height + first, height);
                else
                    Narrow(source, lda, height - first, p0, end, target + first, height);
            }
        }
        Plain(a, lda, height, whole, k, target, height);
    }

    /// <summary>target[p * step + j] = op(B)[p, j] for one column panel, with zeros where j is beyond <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void B(bool transposed, T* b, nint ldb, int width, int step, int k, T* target)
    {
        if (transposed)
        {
            int whole = k - k % L.TransposeColumns;
            for (int first = 0; first < step; first += L.Count)
            {
                int rows = Math.Min(L.Count, width - first);
                T* source = b + first * ldb;
                T* to = target + first;
                if (rows == L.Count)
                {
                    for (int p = 0; p < whole; p += L.TransposeColumns)
                        L.Transpose(source + p, ldb, to + (nint)p * step, step);
                }
                else
                {
                    for (int p = 0; p < k; p++) L.Store(to + (nint)p * step, default);
                    Narrow(source, ldb, rows, 0, whole, to, step);
                }
                Plain(source, ldb, rows, whole, k, to, step);
            }
            return;
        }
        if (width == step)
        {
            for (int p = 0; p < k; p++, b += ldb, target += step)
                for (int j = 0; j < step; j += L.Count) L.Store(target + j, L.Load(b + j));
            return;
        }
        V mask = L.Mask(width <= L.Count ? width : width - L.Count);
        for (int p = 0; p < k; p++, b += ldb, target += step)
        {
            if (step > L.Count) L.Store(target, L.Load(b));
            L.Store(target + step - L.Count, L.LoadPart(b + step - L.Count, mask));
        }
    }

    /// <summary>Fewer rows than a vector: fours (or twos) of them by the narrowest transpose, the rest one by one.</summary>
    private static void Narrow(T* source, nint stride, int rows, int from, int to, T* target, nint step)
    {
        int four = Lane128<T>.Count;
        int row = 0;
        if (L.TransposeColumns == four)
            for (; row + four <= rows; row += four)
                for (int p = from; p < to; p += four)
                    Lane128<T>.Transpose(source + row * stride + p, stride, target + p * step + row, step);
        Plain(source + row * stride, stride, rows - row, from, to, target + row, step);
    }

    private static void Plain(T* source, nint stride, int rows, int from, int to, T* target, nint step)
    {
        for (int p = from; p < to; p++)
            for (int row = 0; row < rows; row++)
                target[p * step + row] = source[row * stride + p];
    }
}
