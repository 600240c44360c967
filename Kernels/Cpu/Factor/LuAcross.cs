using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// As many small matrices as a vector has elements, factored or solved side by side: element (i, j) of all of them is one vector. Every matrix sees
/// the operations of <see cref="LuPanel"/> in the same order, so the bits are those of a factorisation alone.
/// </summary>
internal static unsafe class LuAcross<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Up to here the matrices of one vector stay near the core.</summary>
    public const int Largest = 32;

    private const int Padded = 24;

    /// <summary>Factors <see cref="ILane{TSelf, T}.Width"/> matrices, <paramref name="stride"/> apart; pivots lie n apart.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Factor(T* a, int n, int stride, int* pivots, int* firstZero)
    {
        // For the larger ones an odd number of vectors a row, so that a column does not fall on few sets of the cache.
        nint w = TLane.Width, line = (n < Padded ? n : n | 1) * w;
        int rows = line == n * w ? 1 : n, run = n * n / rows;
        T* x = ThreadScratch.Get<T>(n * (line + w)), masks = x + n * line;
        T* numbers = stackalloc T[TLane.Width];
        TLane nothing = TLane.Broadcast(T.Zero), one = TLane.Broadcast(T.One), zero = -one;
        for (int i = 0; i < rows; i++) Transposition.Run(a + i * n, stride, x + i * line, w, TLane.Width, run);
        for (int k = 0; k < n; k++)
        {
            T* row = x + k * line;
            TLane max = TLane.Abs(TLane.Load(row + k * w)), best = Number(k);
            for (int i = k + 1; i < n; i++)
            {
                TLane candidate = TLane.Abs(TLane.Load(x + i * line + k * w)), less = TLane.LessThan(candidate, max), equal = TLane.EqualTo(candidate, max);
                // Not "greater": a NaN is taken as pivot, and shows.
                max = TLane.Select(less, max, TLane.Select(equal, max, candidate));
                best = TLane.Select(less, best, TLane.Select(equal, best, Number(i)));
            }

            TLane.Store(best, numbers);
            for (int e = 0; e < TLane.Width; e++) pivots[e * n + k] = int.CreateTruncating(numbers[e]);
            for (int i = k + 1; i < n; i++) TLane.Store(TLane.EqualTo(best, Number(i)), masks + i * w);
            for (int j = 0; j < n; j++)
            {
                TLane old = TLane.Load(row + j * w), top = old;
                T* lower = row + line + j * w;
                for (int i = k + 1; i < n; i++, lower += line)
                {
                    TLane mask = TLane.Load(masks + i * w), value = TLane.Load(lower);
                    top = TLane.Select(mask, value, top);
                    TLane.Store(TLane.Select(mask, old, value), lower);
                }

                TLane.Store(top, row + j * w);
            }

            TLane pivot = TLane.Load(row + k * w), none = TLane.EqualTo(pivot, nothing);
            zero = TLane.Select(none, TLane.Select(TLane.LessThan(zero, nothing), Number(k), zero), zero);
            // Under a zero pivot everything is zero and stays so.
            pivot = TLane.Select(none, one, pivot);
            for (int i = k + 1; i < n; i++)
            {
                T* lower = x + i * line;
                TLane factor = TLane.Load(lower + k * w) / pivot;
                TLane.Store(factor, lower + k * w);
                factor = -factor;
                for (nint j = (k + 1) * w; j < n * w; j += w) TLane.Store(TLane.MultiplyAdd(factor, TLane.Load(row + j), TLane.Load(lower + j)), lower + j);
            }
        }

        TLane.Store(zero, numbers);
        for (int e = 0; e < TLane.Width; e++) firstZero[e] = int.CreateTruncating(numbers[e]);
        for (int i = 0; i < rows; i++) Transposition.Run(x + i * line, w, a + i * n, stride, run, TLane.Width);
    }

    /// <summary>Solves A X = B for <see cref="ILane{TSelf, T}.Width"/> factored matrices; B is [n x rhs], <paramref name="strideB"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Solve(T* lu, int n, int stride, int* pivots, T* b, int rhs, int strideB)
    {
        nint w = TLane.Width, line = rhs * w;
        T* a = ThreadScratch.Get<T>((n * n + n * rhs) * w), x = a + n * n * w;
        for (int e = 0; e < TLane.Width; e++)
        {
            T* right = b + (nint)e * strideB;
            for (int i = 0; i < n; i++)
                if (pivots[e * n + i] != i) Rows.Swap(right + i * rhs, right + pivots[e * n + i] * rhs, rhs);
        }

        Transposition.Run(lu, stride, a, w, TLane.Width, n * n);
        Transposition.Run(b, strideB, x, w, TLane.Width, n * rhs);
        for (int i = 1; i < n; i++)
            for (nint c = 0; c < line; c += w)
            {
                TLane sum = TLane.Load(x + i * line + c);
                for (int j = 0; j < i; j++) sum = TLane.MultiplyAdd(-TLane.Load(a + (i * n + j) * w), TLane.Load(x + j * line + c), sum);
                TLane.Store(sum, x + i * line + c);
            }

        for (int i = n - 1; i >= 0; i--)
            for (nint c = 0; c < line; c += w)
            {
                TLane sum = TLane.Load(x + i * line + c);
                for (int j = i + 1; j < n; j++) sum = TLane.MultiplyAdd(-TLane.Load(a + (i * n + j) * w), TLane.Load(x + j * line + c), sum);
                TLane.Store(sum / TLane.Load(a + (i * n + i) * w), x + i * line + c);
            }

        Transposition.Run(x, w, b, strideB, n * rhs, TLane.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Number(int value) => TLane.Broadcast(T.CreateTruncating(value));
}
