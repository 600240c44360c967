using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>
/// LU with partial pivoting of a narrow panel, in a transposed copy: a column is contiguous there, so that the search, the division and the
/// updates run along it. Four columns are eliminated one by one, then the columns to their right are updated by all four at once.
/// </summary>
internal static unsafe class LuPanel
{
    /// <summary>Factors rows x cols (rows >= cols) in place; exchanges reach only these columns. Returns the first exactly zero pivot or -1.</summary>
    public static int Factor<T>(int rows, int cols, T* a, int lda, int* pivots)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated) return LuPanel<T, Vector512Lane<T>>.Factor(rows, cols, a, lda, pivots);
        if (Vector.IsHardwareAccelerated) return LuPanel<T, VectorLane<T>>.Factor(rows, cols, a, lda, pivots);
        return LuPanel<T, ScalarLane<T>>.Factor(rows, cols, a, lda, pivots);
    }
}

/// <summary>The panel for one lane. Columns are padded with zeros to whole vectors; a vector that begins above the rows in question is written only below.</summary>
internal static unsafe class LuPanel<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    private const int Group = 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Factor(int rows, int cols, T* a, int lda, int* pivots)
    {
        // An odd number of vectors: columns never lie a multiple of a page apart.
        nint ld = (((rows + TLane.Width - 1) / TLane.Width) | 1) * TLane.Width;
        T* p = ThreadScratch.Get<T>(ld * cols);
        TLane nothing = TLane.Broadcast(T.Zero);
        for (T* end = p + ld; end <= p + cols * ld; end += ld)
        {
            TLane.Store(nothing, end - TLane.Width);
            if (ld > TLane.Width) TLane.Store(nothing, end - 2 * TLane.Width);
        }

        Transposition.Run(a, lda, p, ld, rows, cols);

        int zero = -1;
        for (int j0 = 0; j0 < cols; j0 += Group)
        {
            int width = Math.Min(Group, cols - j0);
            for (int k = j0; k < j0 + width; k++)
            {
                T* column = p + k * ld;
                int best = Pivot(column, k, rows);
                pivots[k] = best;
                if (best != k)
                    for (T* x = p, end = p + cols * ld; x < end; x += ld) (x[k], x[best]) = (x[best], x[k]);
                if (!T.IsZero(column[k])) Eliminate(column, ld, k, rows, j0 + width - k - 1);
                // Else the whole column below is zero: nothing to eliminate.
                else if (zero < 0) zero = k;
            }

            if (j0 + Group < cols) Update(p + j0 * ld, ld, j0, rows, cols - j0 - Group);
        }

        Transposition.Run(p, ld, a, lda, cols, rows);
        return zero;
    }

    /// <summary>The first row from k on with the largest magnitude. As in the textbook loop a NaN counts as larger than anything, so that it shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Pivot(T* column, int k, int rows)
    {
        nint w = TLane.Width, i = k / w * w;
        TLane none = TLane.Broadcast(T.Zero);
        TLane head = TLane.Select(LaneMask<T, TLane>.From(k - i), TLane.Abs(TLane.Load(column + i)), none);
        TLane m0 = head, m1 = none;
        // Zero until an infinity or a NaN is met.
        TLane odd = head * none;
        for (i += w; i + w < rows; i += 2 * w)
        {
            TLane x = TLane.Abs(TLane.Load(column + i)), y = TLane.Abs(TLane.Load(column + i + w));
            m0 = TLane.Max(m0, x);
            m1 = TLane.Max(m1, y);
            odd = TLane.MultiplyAdd(x + y, none, odd);
        }

        if (i < rows)
        {
            TLane x = TLane.Abs(TLane.Load(column + i));
            m0 = TLane.Max(m0, x);
            odd = TLane.MultiplyAdd(x, none, odd);
        }

        TLane one = TLane.Broadcast(T.One);
        if (TLane.Any(TLane.EqualTo(TLane.Select(TLane.EqualTo(odd, none), none, one), one))) return Textbook(column, k, rows);
        T max = Largest(TLane.Max(m0, m1));
        i = k;
        for (TLane wanted = TLane.Broadcast(max); i + w <= rows; i += w)
            if (TLane.Any(TLane.EqualTo(TLane.Abs(TLane.Load(column + i)), wanted))) break;
        while (T.Abs(column[i]) != max) i++;
        return (int)i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Largest(TLane values)
    {
        T* maxima = stackalloc T[TLane.Width];
        TLane.Store(values, maxima);
        int n = Vector128<T>.Count;
        if (TLane.Width < n) return *maxima;
        Vector128<T> v = Vector128.Load(maxima);
        for (int e = n; e < TLane.Width; e += n) v = Vector128.MaxNative(v, Vector128.Load(maxima + e));
        T max = v[0];
        for (int e = 1; e < n; e++) max = v[e] > max ? v[e] : max;
        return max;
    }

    private static int Textbook(T* column, int k, int rows)
    {
        int best = k;
        T max = T.Abs(column[k]);
        for (int i = k + 1; i < rows; i++)
        {
            T candidate = T.Abs(column[i]);
            if (candidate <= max) continue;
            max = candidate;
            best = i;
        }

        return best;
    }

    /// <summary>Divides column k below the diagonal by the pivot and takes it out of the next <paramref name="count"/> (at most three) columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eliminate(T* column, nint ld, nint k, nint rows, int count)
    {
        nint w = TLane.Width, i = (k + 1) / w * w;
        T* c1 = column + ld, c2 = c1 + ld, c3 = c2 + ld;
        TLane pivot = TLane.Broadcast(column[k]);
        TLane u1 = TLane.Broadcast(count > 0 ? -c1[k] : T.Zero), u2 = TLane.Broadcast(count > 1 ? -c2[k] : T.Zero), u3 = TLane.Broadcast(count > 2 ? -c3[k] : T.Zero);
        TLane mask = LaneMask<T, TLane>.From(k + 1 - i);
        for (bool head = true; i < rows; i += w, head = false)
        {
            TLane old = TLane.Load(column + i), l = old / pivot;
            if (head) l = TLane.Select(mask, l, old);
            TLane.Store(l, column + i);
            if (count > 0) Subtract(c1 + i, l, u1, mask, head);
            if (count > 1) Subtract(c2 + i, l, u2, mask, head);
            if (count > 2) Subtract(c3 + i, l, u3, mask, head);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(T* c, TLane l, TLane u, TLane mask, bool head)
    {
        TLane old = TLane.Load(c), x = TLane.MultiplyAdd(l, u, old);
        if (head) x = TLane.Select(mask, x, old);
        TLane.Store(x, c);
    }

    /// <summary>Takes four finished columns out of the <paramref name="count"/> columns after them: first their four rows of U, then everything below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Update(T* l0, nint ld, nint j0, nint rows, int count)
    {
        T* l1 = l0 + ld, l2 = l1 + ld, l3 = l2 + ld, right = l3 + ld;
        T l10 = l0[j0 + 1], l20 = l0[j0 + 2], l30 = l0[j0 + 3], l21 = l1[j0 + 2], l31 = l1[j0 + 3], l32 = l2[j0 + 3];
        T* c = right + j0;
        for (int j = 0; j < count; j++, c += ld)
        {
            c[1] = Scalar(l10, c[0], c[1]);
            c[2] = Scalar(l21, c[1], Scalar(l20, c[0], c[2]));
            c[3] = Scalar(l32, c[2], Scalar(l31, c[1], Scalar(l30, c[0], c[3])));
        }

        nint w = TLane.Width, first = j0 + Group, i = first / w * w;
        if (i < first)
        {
            TLane mask = LaneMask<T, TLane>.From(first - i), a0 = -TLane.Load(l0 + i), a1 = -TLane.Load(l1 + i), a2 = -TLane.Load(l2 + i), a3 = -TLane.Load(l3 + i);
            c = right;
            for (int j = 0; j < count; j++, c += ld)
            {
                TLane old = TLane.Load(c + i);
                TLane.Store(TLane.Select(mask, Four(a0, a1, a2, a3, c + j0, old), old), c + i);
            }

            i += w;
        }

        for (; i + w < rows; i += 2 * w)
        {
            TLane a0 = -TLane.Load(l0 + i), a1 = -TLane.Load(l1 + i), a2 = -TLane.Load(l2 + i), a3 = -TLane.Load(l3 + i);
            TLane b0 = -TLane.Load(l0 + i + w), b1 = -TLane.Load(l1 + i + w), b2 = -TLane.Load(l2 + i + w), b3 = -TLane.Load(l3 + i + w);
            c = right;
            for (int j = 0; j < count; j++, c += ld)
            {
                TLane u0 = TLane.Broadcast(c[j0]), u1 = TLane.Broadcast(c[j0 + 1]), u2 = TLane.Broadcast(c[j0 + 2]), u3 = TLane.Broadcast(c[j0 + 3]);
                TLane x = TLane.MultiplyAdd(a1, u1, TLane.MultiplyAdd(a0, u0, TLane.Load(c + i)));
                TLane y = TLane.MultiplyAdd(b1, u1, TLane.MultiplyAdd(b0, u0, TLane.Load(c + i + w)));
                x = TLane.MultiplyAdd(a3, u3, TLane.MultiplyAdd(a2, u2, x));
                y = TLane.MultiplyAdd(b3, u3, TLane.MultiplyAdd(b2, u2, y));
                TLane.Store(x, c + i);
                TLane.Store(y, c + i + w);
            }
        }

        if (i < rows)
        {
            TLane a0 = -TLane.Load(l0 + i), a1 = -TLane.Load(l1 + i), a2 = -TLane.Load(l2 + i), a3 = -TLane.Load(l3 + i);
            c = right;
            for (int j = 0; j < count; j++, c += ld) TLane.Store(Four(a0, a1, a2, a3, c + j0, TLane.Load(c + i)), c + i);
        }
    }

    /// <summary>x - l u, rounded as the vectors round it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Scalar(T l, T u, T x)
    {
        ScalarLane<T> result = ScalarLane<T>.MultiplyAdd(ScalarLane<T>.Broadcast(-l), ScalarLane<T>.Broadcast(u), ScalarLane<T>.Broadcast(x));
        return ScalarLane<T>.SumElements(result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Four(TLane a0, TLane a1, TLane a2, TLane a3, T* u, TLane x)
    {
        x = TLane.MultiplyAdd(a1, TLane.Broadcast(u[1]), TLane.MultiplyAdd(a0, TLane.Broadcast(u[0]), x));
        return TLane.MultiplyAdd(a3, TLane.Broadcast(u[3]), TLane.MultiplyAdd(a2, TLane.Broadcast(u[2]), x));
    }
}
