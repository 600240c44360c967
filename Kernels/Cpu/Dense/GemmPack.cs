using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Copies panels of A and B into the order in which a tile reads them: one k after the other.</summary>
internal static unsafe class GemmPack<T, V, L>
    where T : unmanaged, IFloatingPointIeee754<T>
    where V : unmanaged
    where L : struct, IGemmLane<T, V>
{
    /// <summary>Rows of a packed tile of A: whole vectors, of which a lower tile leaves the last elements unused.</summary>
    public static int TileRows => (L.MaxRows + L.Count - 1) / L.Count * L.Count;

    /// <summary>target[p * TileRows + i] = op(A)[i, p] for one row tile; what lies behind the tile's height is rubbish.</summary>
    /// <param name="transposed">Whether A is stored [k x m].</param>
    /// <param name="a">First element of the tile in A.</param>
    /// <param name="lda">Row stride of A.</param>
    /// <param name="readable">Rows of op(A) from the tile's first to the last of the matrix.</param>
    /// <param name="height">Rows of the tile.</param>
    /// <param name="k">Columns of op(A) to pack.</param>
    /// <param name="target">TileRows * k elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void A(bool transposed, T* a, nint lda, int readable, int height, int k, T* target)
    {
        for (int first = 0; first < height; first += L.Count)
        {
            int rows = Math.Min(L.Count, readable - first);
            if (!transposed)
            {
                Transpose(a + first * lda, lda, rows, k, target + first, TileRows);
                continue;
            }
            T* source = a + first, to = target + first;
            V mask = L.Mask(rows);
            if (rows == L.Count)
                for (int p = 0; p < k; p++, source += lda, to += TileRows) L.Store(to, L.Load(source));
            else
                for (int p = 0; p < k; p++, source += lda, to += TileRows) L.Store(to, L.LoadPart(source, mask));
        }
    }

    /// <summary>target[p * step + j] = op(B)[p, j] for one column panel, with zeros where j is beyond <paramref name="width"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void B(bool transposed, T* b, nint ldb, int width, int step, int k, T* target)
    {
        if (transposed)
        {
            for (int first = 0; first < step; first += L.Count)
            {
                int rows = Math.Min(L.Count, width - first);
                if (rows < L.Count)
                    for (int p = 0; p < k; p++) L.Store(target + first + (nint)p * step, default);
                Transpose(b + first * ldb, ldb, rows, k, target + first, step);
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

    /// <summary>target[p * step + row] = source[row * stride + p] for up to a vector's length of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(T* source, nint stride, int rows, int k, T* target, nint step)
    {
        int whole = k - k % L.TransposeColumns;
        if (rows < L.Count)
            Narrow(source, stride, rows, whole, target, step);
        else if (stride * sizeof(T) % 4096 != 0)
            for (int p = 0; p < whole; p += L.TransposeColumns) L.Transpose(source + p, stride, target + p * step, step);
        else
            Staged(source, stride, whole, target, step);
        Plain(source, stride, rows, whole, k, target, step);
    }

    /// <summary>
    /// Rows a multiple of a page apart fall on the same few places of the first-level cache and push each other out, so each row's cache line
    /// is read at once, into a small square.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Staged(T* source, nint stride, int k, T* target, nint step)
    {
        int line = TileArgs<T>.Line;
        T* square = stackalloc T[L.Count * line];
        int p0 = 0;
        for (; p0 + line <= k; p0 += line)
        {
            for (int row = 0; row < L.Count; row++)
                for (int j = 0; j < line; j += L.Count) L.Store(square + row * line + j, L.Load(source + row * stride + p0 + j));
            for (int p = 0; p < line; p += L.TransposeColumns) L.Transpose(square + p, line, target + (p0 + p) * step, step);
        }
        for (; p0 < k; p0 += L.TransposeColumns) L.Transpose(source + p0, stride, target + p0 * step, step);
    }

    /// <summary>Fewer rows than a vector: fours (or twos) of them by the narrowest transpose, the rest one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(T* source, nint stride, int rows, int k, T* target, nint step)
    {
        int four = Lane128<T>.Count;
        int row = 0;
        if (L.TransposeColumns == four)
            for (; row + four <= rows; row += four)
                for (int p = 0; p < k; p += four)
                    Lane128<T>.Transpose(source + row * stride + p, stride, target + p * step + row, step);
        Plain(source + row * stride, stride, rows - row, 0, k, target + row, step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Plain(T* source, nint stride, int rows, int from, int to, T* target, nint step)
    {
        for (int p = from; p < to; p++)
            for (int row = 0; row < rows; row++)
                target[p * step + row] = source[row * stride + p];
    }
}
