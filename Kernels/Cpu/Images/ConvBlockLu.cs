using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>
/// Block elimination of the matrix of a zero-padded convolution, T = (A on the diagonal, B below, C above): S_1 = A, S_{i+1} = A - B S_i^-1 C, with
/// partial pivoting inside each S_i only. log|det T| = sum log|det S_i|. The blocks of T^-1 that a gradient asks for come from a sweep back:
/// G_n = S_n^-1, G_i = S_i^-1 + S_i^-1 C G_{i+1} B S_i^-1, G_{i,i+1} = -S_i^-1 C G_{i+1}, G_{i+1,i} = -G_{i+1} B S_i^-1.
/// </summary>
/// <remarks>
/// All blocks being equal, S_i and G_i run towards fixed points, the faster the less distant pixels have to do with each other. What changes by no more
/// than rounding has arrived and is not computed again; the probe looks at the result all the same.
/// </remarks>
internal static unsafe class ConvBlockLu<T> where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Numbers kept: the inverses S_i^-1.</summary>
    public static long KeptLength(in ConvBlocks s) => (long)s.Count * s.Order * s.Order;

    /// <summary>Numbers of work memory of either pass.</summary>
    public static long WorkLength(in ConvBlocks s) => Math.Max((6L * s.Order * s.Order) + (3L * s.Lines.Order), 10L * s.Order * s.Order);

    /// <summary>
    /// Factors T(w) and writes log|det T|. False where a block is singular or <see cref="ConvBlockProbe{T}"/> finds the factors too inaccurate:
    /// then another way must be taken. From block <paramref name="settled"/> on all inverses but that of the last block are the same.
    /// </summary>
    public static bool Factor(in ConvBlocks s, ReadOnlySpan<T> weight, T* kept, T* work, out double logAbsDet, out int settled, Workers? workers)
    {
        int b = s.Order, bb = b * b;
        T* a = work, below = a + bb, above = below + bb, schur = above + bb, before = schur + bb, product = before + bb;
        s.Fill(0, weight, a);
        TinyNumbers.Raise(new Span<T>(a, bb));
        s.Fill(-1, weight, below);
        s.Fill(1, weight, above);
        Span<int> pivots = new((int*)product, b);
        logAbsDet = 0;
        settled = s.Count;
        double last = 0;
        for (int i = 0; i < s.Count; i++)
        {
            int m = s.OrderOf(i), up = Math.Min(s.Up, m), down = Math.Min(s.Down, m);
            var inverse = new Span<T>(kept + ((nint)i * bb), m * m);
            if (i > settled && m == b)
            {
                new Span<T>(kept + ((nint)(i - 1) * bb), bb).CopyTo(inverse);
                logAbsDet += last;
                continue;
            }

            Copy(a, b, schur, m);
            if (i > 0)
            {
                // Only the corner of S^-1 that B and C look at.
                T* corner = kept + ((nint)(i - 1) * bb) + ((b - s.Down) * b) + b - s.Up;
                Gemm.Run(false, false, down, s.Up, s.Down, T.One, below + b - s.Down, b, corner, b, false, product, s.Up, workers);
                Gemm.Run(false, false, down, up, s.Up, T.NegativeOne, product, s.Up, above + ((b - s.Up) * b), b, true, schur, m, workers);
                if (m == b && settled == s.Count && Same(schur, before, bb)) settled = i;
            }

            new Span<T>(schur, m * m).CopyTo(new Span<T>(before, m * m));
            // The product is done with: its memory holds the pivots.
            if (Lu.Factor(new Span<T>(schur, m * m), m, pivots, workers) >= 0) return false;
            last = Lu.LogAbsDet<T>(new Span<T>(schur, m * m), m, pivots, out _);
            logAbsDet += last;
            Lu.Inverse<T>(new Span<T>(schur, m * m), m, pivots, inverse, workers);
        }

        return ConvBlockProbe<T>.Accurate(s, weight, a, below, above, kept, product + bb, workers);
    }

    /// <summary>dw += alpha times the gradient of log|det T(w)|.</summary>
    public static void AddGradient(in ConvBlocks s, ReadOnlySpan<T> weight, T* kept, int settled, Span<T> dw, T alpha, T* work, Workers? workers)
    {
        int b = s.Order, bb = b * b;
        T* below = work, above = below + bb, here = above + bb, other = here + bb, x = other + bb, y = x + bb, z = y + bb, same = z + bb, next = same + bb, previous = next + bb;
        s.Fill(-1, weight, below);
        s.Fill(1, weight, above);
        new Span<T>(same, 3 * bb).Clear();

        int n = s.OrderOf(s.Count - 1);
        T* g = kept + ((nint)(s.Count - 1) * bb);
        Add(g, n, same, b, 1);
        for (int i = s.Count - 2; i >= 0; i--)
        {
            T* inverse = kept + ((nint)i * bb), fromAbove = inverse + b - s.Up, fromBelow = inverse + ((b - s.Down) * b), c = above + ((b - s.Up) * b);
            int up = Math.Min(s.Up, n), down = Math.Min(s.Down, n);
            // G_{i,i+1} = -S^-1 C G, where B's outputs see it.
            Gemm.Run(false, false, s.Up, down, up, T.One, c, b, g, n, false, x, down, workers);
            Gemm.Run(false, false, s.Down, down, s.Up, T.NegativeOne, fromBelow + b - s.Up, b, x, down, false, z, down, workers);
            // G_{i+1,i} = -Y, Y = G B S^-1, in the rows that C sees.
            Gemm.Run(false, false, up, s.Down, down, T.One, g, n, below + b - s.Down, b, false, x, s.Down, workers);
            Gemm.Run(false, false, up, b, s.Down, T.One, x, s.Down, fromBelow, b, false, y, b, workers);
            // G_i = S^-1 + S^-1 C Y; S^-1 is wanted again by another backward pass.
            Gemm.Run(false, false, s.Up, b, up, T.One, c, b, y, b, false, x, b, workers);
            new Span<T>(inverse, bb).CopyTo(new Span<T>(here, bb));
            Gemm.Run(false, false, b, b, s.Up, T.One, fromAbove, b, x, b, true, here, b, workers);
            // Arrived: the blocks down to the first with this inverse have the same parts of T^-1.
            int times = i > settled && n == b && Same(here, g, bb) ? 1 + i - settled : 1;
            i -= times - 1;
            AddRows(z, down, down, previous + ((b - s.Down) * b), b, s.Down, times);
            AddScaled(y, next, up * b, -times);
            g = here;
            n = b;
            Add(g, n, same, b, times);
            T* spare = other;
            other = here;
            here = spare;
        }

        s.AddTaps(0, same, dw, alpha);
        s.AddTaps(1, next, dw, alpha);
        s.AddTaps(-1, previous, dw, alpha);
    }

    // Equal up to a few units of rounding of the largest element.
    private static bool Same(T* left, T* right, int count)
    {
        Vector<T> most = Vector<T>.Zero, away = Vector<T>.Zero;
        int i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            Vector<T> l = *(Vector<T>*)(left + i), r = *(Vector<T>*)(right + i);
            most = Vector.Max(most, Vector.Abs(l));
            away = Vector.Max(away, Vector.Abs(l - r));
        }

        T size = T.Zero, distance = T.Zero;
        for (int k = 0; k < Vector<T>.Count; k++) (size, distance) = (T.Max(size, most[k]), T.Max(distance, away[k]));
        for (; i < count; i++) (size, distance) = (T.Max(size, T.Abs(left[i])), T.Max(distance, T.Abs(left[i] - right[i])));
        return distance <= T.CreateTruncating(4) * (T.BitIncrement(T.One) - T.One) * size;
    }

    private static void AddScaled(T* from, T* to, int count, int times) => VectorOps.AddScaled(T.CreateTruncating(times), new ReadOnlySpan<T>(from, count), new Span<T>(to, count));

    private static void AddRows(T* from, int stride, int columns, T* to, int toStride, int rows, int times)
    {
        for (int i = 0; i < rows; i++) AddScaled(from + (i * stride), to + (i * toStride), columns, times);
    }

    private static void Add(T* from, int n, T* to, int stride, int times) => AddRows(from, n, n, to, stride, n, times);

    private static void Copy(T* from, int stride, T* to, int n)
    {
        for (int i = 0; i < n; i++) new Span<T>(from + (i * stride), n).CopyTo(new Span<T>(to + (i * n), n));
    }
}
