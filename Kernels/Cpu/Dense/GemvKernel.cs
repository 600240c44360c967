using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>
/// The two inner loops. A vector that straddles two cache lines costs two reads, so every row is read at addresses that are multiples of the
/// vector, and rows that begin at the same place within a vector go together. The first and the last vector of a row are masked;
/// as they hold at least one element of the row and are aligned, they never touch a page that the matrix does not.
/// </summary>
internal static unsafe class GemvKernel<T, TLane>
    where T : unmanaged, IFloatingPointIeee754<T>
    where TLane : struct, ILane<TLane, T>
{
    /// <summary>Rows that are added to a strip of sums before it is written back.</summary>
    private const int BlockRows = 16;

    private const int WidestStrip = 8;

    public static void Piece(in GemvPlan<T> plan, bool transpose, int piece)
    {
        int first = piece * plan.PieceSize;
        T* sums = plan.Sums + (nint)piece * plan.SumStride + TLane.Width;
        if (transpose) Columns(plan, first, Math.Min(plan.Cols, first + plan.PieceSize) - first, sums);
        else Rows(plan, first, Math.Min(plan.Rows, first + plan.PieceSize), sums);
    }

    private static int Phase(T* address) => (int)((nuint)address / (nuint)sizeof(T) % (nuint)TLane.Width);

    /// <summary>Set in elements from..to-1.</summary>
    private static TLane Mask(int from, int to)
    {
        T* numbers = stackalloc T[TLane.Width];
        for (int i = 0; i < TLane.Width; i++) numbers[i] = T.CreateTruncating(i);
        TLane n = TLane.Load(numbers), below = TLane.LessThan(n, TLane.Broadcast(T.CreateTruncating(to)));
        // An all-clear mask is the comparison n < 0.
        return TLane.Select(TLane.LessThan(TLane.Broadcast(T.CreateTruncating(from - 1)), n), below, TLane.LessThan(n, TLane.Broadcast(T.Zero)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(in GemvPlan<T> plan, int first, int end, T* sums)
    {
        T* tile = stackalloc T[8 * TLane.Width];
        int period = plan.Period;
        for (int block = first; block < end; block += 4 * period)
            for (int row = block; row < Math.Min(block + period, end); row++)
            {
                // Of the last rows there may be fewer than four: the last one is then done again.
                int r1 = Math.Min(1, (end - 1 - row) / period), r2 = Math.Min(2, (end - 1 - row) / period), r3 = Math.Min(3, (end - 1 - row) / period);
                T* w = plan.W + row * plan.Ldw;
                int phase = Phase(w);
                nint step = period * plan.Ldw;
                w -= phase;
                FourRows(w, w + r1 * step, w + r2 * step, w + r3 * step, plan.X - phase, phase, plan.Cols + phase, tile);
                T* target = sums + row - first;
                Sums(tile, phase);
                target[r3 * period] = tile[3];
                target[r2 * period] = tile[2];
                target[r1 * period] = tile[1];
                target[0] = tile[0];
            }
    }

    /// <summary>Products of four rows, summed by the position within a vector; row r's sums go to tile + 2 r Width, twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(T* p, T* q, T* r, T* s, T* x, int phase, nint length, T* tile)
    {
        nint w = TLane.Width, last = (length - 1) / w * w;
        TLane none = TLane.Broadcast(T.Zero), p1 = none, q1 = none, r1 = none, s1 = none;
        TLane mask = Mask(phase, (int)Math.Min(w, length)), v = TLane.Load(x);
        TLane p0 = TLane.Select(mask, TLane.Load(p), none) * v, q0 = TLane.Select(mask, TLane.Load(q), none) * v;
        TLane r0 = TLane.Select(mask, TLane.Load(r), none) * v, s0 = TLane.Select(mask, TLane.Load(s), none) * v;
        if (last > 0)
        {
            // Even vectors go to the first sums, odd ones to the second: the pair adds up to the same wherever the row begins.
            nint j = w;
            for (; j + w < last; j += 2 * w)
            {
                TLane u = TLane.Load(x + j);
                v = TLane.Load(x + j + w);
                p1 = TLane.MultiplyAdd(TLane.Load(p + j), u, p1);
                q1 = TLane.MultiplyAdd(TLane.Load(q + j), u, q1);
                r1 = TLane.MultiplyAdd(TLane.Load(r + j), u, r1);
                s1 = TLane.MultiplyAdd(TLane.Load(s + j), u, s1);
                p0 = TLane.MultiplyAdd(TLane.Load(p + j + w), v, p0);
                q0 = TLane.MultiplyAdd(TLane.Load(q + j + w), v, q0);
                r0 = TLane.MultiplyAdd(TLane.Load(r + j + w), v, r0);
                s0 = TLane.MultiplyAdd(TLane.Load(s + j + w), v, s0);
            }

            mask = Mask(0, (int)(length - last));
            v = TLane.Load(x + last);
            TLane pe = TLane.Select(mask, TLane.Load(p + last), none), qe = TLane.Select(mask, TLane.Load(q + last), none);
            TLane re = TLane.Select(mask, TLane.Load(r + last), none), se = TLane.Select(mask, TLane.Load(s + last), none);
            if (j < last)
            {
                TLane u = TLane.Load(x + j);
                p1 = TLane.MultiplyAdd(TLane.Load(p + j), u, p1);
                q1 = TLane.MultiplyAdd(TLane.Load(q + j), u, q1);
                r1 = TLane.MultiplyAdd(TLane.Load(r + j), u, r1);
                s1 = TLane.MultiplyAdd(TLane.Load(s + j), u, s1);
                p0 = TLane.MultiplyAdd(pe, v, p0);
                q0 = TLane.MultiplyAdd(qe, v, q0);
                r0 = TLane.MultiplyAdd(re, v, r0);
                s0 = TLane.MultiplyAdd(se, v, s0);
            }
            else
            {
                p1 = TLane.MultiplyAdd(pe, v, p1);
                q1 = TLane.MultiplyAdd(qe, v, q1);
                r1 = TLane.MultiplyAdd(re, v, r1);
                s1 = TLane.MultiplyAdd(se, v, s1);
            }
        }

        p0 += p1;
        q0 += q1;
        r0 += r1;
        s0 += s1;
        TLane.Store(p0, tile);
        TLane.Store(q0, tile + 2 * w);
        TLane.Store(r0, tile + 4 * w);
        TLane.Store(s0, tile + 6 * w);
        if (phase == 0) return;
        TLane.Store(p0, tile + w);
        TLane.Store(q0, tile + 3 * w);
        TLane.Store(r0, tile + 5 * w);
        TLane.Store(s0, tile + 7 * w);
    }

    /// <summary>tile[0..3] = the four rows' totals, always added in the order of the row's own elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sums(T* tile, int phase)
    {
        int w = TLane.Width;
        T* p = tile + phase, q = p + 2 * w, r = q + 2 * w, s = r + 2 * w;
        if (Avx512F.IsSupported && typeof(T) == typeof(float) && w == 16)
        {
            Vector512<float> a = Vector512.Load((float*)p), b = Vector512.Load((float*)q), c = Vector512.Load((float*)r), d = Vector512.Load((float*)s);
            Vector512<double> low = (Avx512F.UnpackLow(a, b) + Avx512F.UnpackHigh(a, b)).AsDouble(), high = (Avx512F.UnpackLow(c, d) + Avx512F.UnpackHigh(c, d)).AsDouble();
            Vector512<float> all = Avx512F.UnpackLow(low, high).AsSingle() + Avx512F.UnpackHigh(low, high).AsSingle();
            Vector256<float> half = all.GetLower() + all.GetUpper();
            (half.GetLower() + half.GetUpper()).Store((float*)tile);
            return;
        }

        (T t0, T t1, T t2, T t3) = (Total(p), Total(q), Total(r), Total(s));
        (tile[0], tile[1], tile[2], tile[3]) = (t0, t1, t2, t3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Total(T* p)
    {
        int n = Vector128<T>.Count;
        if (TLane.Width < n) return *p;
        Vector128<T> sum = Vector128.Load(p);
        for (int i = n; i < TLane.Width; i += n) sum += Vector128.Load(p + i);
        return Vector128.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(in GemvPlan<T> plan, int first, int count, T* sums)
    {
        int width = TLane.Width, period = plan.Period;
        nint step = period * plan.Ldw;
        T* x = stackalloc T[BlockRows];
        new Span<T>(sums - width, plan.SumStride).Clear();
        for (int block = 0; block < plan.Rows; block += BlockRows * period)
            for (int row = block; row < Math.Min(block + period, plan.Rows); row++)
            {
                int rows = Math.Min(BlockRows, (plan.Rows - 1 - row) / period + 1);
                for (int i = 0; i < rows; i++) x[i] = plan.X[row + i * period];
                T* w = plan.W + row * plan.Ldw + first;
                int phase = Phase(w), vectors = (phase + count + width - 1) / width;
                int strips = (vectors + WidestStrip - 1) / WidestStrip;
                TLane head = Mask(phase, Math.Min(width, phase + count)), tail = Mask(0, phase + count - (vectors - 1) * width);
                TLane all = Mask(0, width);
                for (int strip = 0; strip < strips; strip++)
                {
                    int at = vectors * strip / strips, wide = vectors * (strip + 1) / strips - at;
                    bool end = strip == strips - 1;
                    T* from = w - phase + at * width, to = sums - phase + at * width;
                    TLane right = end ? tail : all, left = strip == 0 ? head : wide == 1 ? right : all;
                    if (strip == 0 || end) Strip<Const1>(wide, rows, from, step, x, to, left, right);
                    else Strip<Const0>(wide, rows, from, step, x, to, left, right);
                }
            }
    }

    private static void Strip<Edge>(int vectors, int rows, T* w, nint step, T* x, T* y, TLane left, TLane right)
        where Edge : struct, IConstant
    {
        switch (vectors)
        {
            case 1: Strip<Const1, Edge>(rows, w, step, x, y, left, right); break;
            case 2: Strip<Const2, Edge>(rows, w, step, x, y, left, right); break;
            case 3: Strip<Const3, Edge>(rows, w, step, x, y, left, right); break;
            case 4: Strip<Const4, Edge>(rows, w, step, x, y, left, right); break;
            case 5: Strip<Const5, Edge>(rows, w, step, x, y, left, right); break;
            case 6: Strip<Const6, Edge>(rows, w, step, x, y, left, right); break;
            case 7: Strip<Const7, Edge>(rows, w, step, x, y, left, right); break;
            default: Strip<Const8, Edge>(rows, w, step, x, y, left, right); break;
        }
    }

    /// <summary>y += sum over the rows of x[row] w[row], with the sums of up to eight vectors in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<Vectors, Edge>(int rows, T* w, nint step, T* x, T* y, TLane left, TLane right)
        where Vectors : struct, IConstant
        where Edge : struct, IConstant
    {
        nint n = TLane.Width;
        TLane none = TLane.Broadcast(T.Zero), y0 = TLane.Load(y), y1 = none, y2 = none, y3 = none, y4 = none, y5 = none, y6 = none, y7 = none;
        if (Vectors.Value > 1) y1 = TLane.Load(y + n);
        if (Vectors.Value > 2) y2 = TLane.Load(y + 2 * n);
        if (Vectors.Value > 3) y3 = TLane.Load(y + 3 * n);
        if (Vectors.Value > 4) y4 = TLane.Load(y + 4 * n);
        if (Vectors.Value > 5) y5 = TLane.Load(y + 5 * n);
        if (Vectors.Value > 6) y6 = TLane.Load(y + 6 * n);
        if (Vectors.Value > 7) y7 = TLane.Load(y + 7 * n);
        for (int i = 0; i < rows; i++, w += step)
        {
            TLane s = TLane.Broadcast(x[i]);
            TLane w0 = TLane.Load(w);
            if (Edge.Value == 1) w0 = TLane.Select(left, w0, none);
            y0 = TLane.MultiplyAdd(w0, s, y0);
            if (Vectors.Value > 1) Add<Edge>(w + n, s, right, none, Vectors.Value == 2, ref y1);
            if (Vectors.Value > 2) Add<Edge>(w + 2 * n, s, right, none, Vectors.Value == 3, ref y2);
            if (Vectors.Value > 3) Add<Edge>(w + 3 * n, s, right, none, Vectors.Value == 4, ref y3);
            if (Vectors.Value > 4) Add<Edge>(w + 4 * n, s, right, none, Vectors.Value == 5, ref y4);
            if (Vectors.Value > 5) Add<Edge>(w + 5 * n, s, right, none, Vectors.Value == 6, ref y5);
            if (Vectors.Value > 6) Add<Edge>(w + 6 * n, s, right, none, Vectors.Value == 7, ref y6);
            if (Vectors.Value > 7) Add<Edge>(w + 7 * n, s, right, none, Vectors.Value == 8, ref y7);
        }

        TLane.Store(y0, y);
        if (Vectors.Value > 1) TLane.Store(y1, y + n);
        if (Vectors.Value > 2) TLane.Store(y2, y + 2 * n);
        if (Vectors.Value > 3) TLane.Store(y3, y + 3 * n);
        if (Vectors.Value > 4) TLane.Store(y4, y + 4 * n);
        if (Vectors.Value > 5) TLane.Store(y5, y + 5 * n);
        if (Vectors.Value > 6) TLane.Store(y6, y + 6 * n);
        if (Vectors.Value > 7) TLane.Store(y7, y + 7 * n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<Edge>(T* w, TLane s, TLane right, TLane none, bool last, ref TLane y)
        where Edge : struct, IConstant
    {
        TLane v = TLane.Load(w);
        if (Edge.Value == 1 && last) v = TLane.Select(right, v, none);
        y = TLane.MultiplyAdd(v, s, y);
    }
}
