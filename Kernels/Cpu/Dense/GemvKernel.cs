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

    /// <summary>Rows whose sums are formed together.</summary>
    public const int GroupRows = 8;

    public static void Piece(in GemvPlan<T> plan, bool transpose, int piece)
    {
        int first = piece * plan.PieceSize;
        T* sums = plan.Sums + (nint)piece * plan.SumStride + TLane.Width;
        if (transpose) Columns(plan, first, Math.Min(plan.Cols, first + plan.PieceSize) - first, sums);
        else Rows(plan, first, Math.Min(plan.Rows, first + plan.PieceSize), sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Phase(T* address) => (int)((nuint)address / (nuint)sizeof(T) % (nuint)TLane.Width);

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows(in GemvPlan<T> plan, int first, int end, T* sums)
    {
        T* room = stackalloc T[(GroupRows + 1) * TLane.Width];
        T* tile = room + (TLane.Width - Phase(room)) % TLane.Width;
        int period = plan.Period, shift = BitOperations.Log2((uint)period), spacing = Spacing;
        nint step = period * plan.Ldw;
        for (int block = first; block < end; block += GroupRows * period)
            for (int row = block; row < Math.Min(block + period, end); row++)
            {
                int count = Math.Min(GroupRows, ((end - 1 - row) >> shift) + 1);
                T* w = plan.W + row * plan.Ldw;
                int phase = Phase(w), length = plan.Cols + phase;
                if (phase > 0 || length % TLane.Width > 0) Group<Const1>(count, w - phase, step, plan.X - phase, phase, length, tile);
                else Group<Const0>(count, w, step, plan.X, 0, length, tile);
                T* target = sums + row - first;
                for (int i = 0; i < Math.Min(count, 4); i++) target[i << shift] = tile[i * spacing];
                for (int i = 4; i < count; i++) target[i << shift] = tile[(i - 4) * spacing + 4 * TLane.Width];
            }
    }

    /// <summary>Products of up to eight rows, summed by the position within a vector; see Totals for where the results go. For fewer rows the last is done again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Group<Edge>(int count, T* p0, nint step, T* x, int phase, nint length, T* tile)
        where Edge : struct, IConstant
    {
        T* p1 = count > 1 ? p0 + step : p0, p2 = count > 2 ? p1 + step : p1, p3 = count > 3 ? p2 + step : p2, p4 = count > 4 ? p3 + step : p3;
        T* p5 = count > 5 ? p4 + step : p4, p6 = count > 6 ? p5 + step : p5, p7 = count > 7 ? p6 + step : p6;
        nint w = TLane.Width, last = (length - 1) / w * w;
        TLane mask = LaneMask<T, TLane>.Between(phase, Math.Min(w, length)), v = TLane.Load(x);
        TLane s0 = v * Masked<Edge>(p0, mask), s1 = v * Masked<Edge>(p1, mask), s2 = v * Masked<Edge>(p2, mask), s3 = v * Masked<Edge>(p3, mask);
        TLane s4 = v * Masked<Edge>(p4, mask), s5 = v * Masked<Edge>(p5, mask), s6 = v * Masked<Edge>(p6, mask), s7 = v * Masked<Edge>(p7, mask);
        if (last > 0)
        {
            for (nint j = w; j < last; j += w)
            {
                v = TLane.Load(x + j);
                s0 = TLane.MultiplyAdd(v, TLane.Load(p0 + j), s0);
                s1 = TLane.MultiplyAdd(v, TLane.Load(p1 + j), s1);
                s2 = TLane.MultiplyAdd(v, TLane.Load(p2 + j), s2);
                s3 = TLane.MultiplyAdd(v, TLane.Load(p3 + j), s3);
                s4 = TLane.MultiplyAdd(v, TLane.Load(p4 + j), s4);
                s5 = TLane.MultiplyAdd(v, TLane.Load(p5 + j), s5);
                s6 = TLane.MultiplyAdd(v, TLane.Load(p6 + j), s6);
                s7 = TLane.MultiplyAdd(v, TLane.Load(p7 + j), s7);
            }

            mask = LaneMask<T, TLane>.Between(0, length - last);
            v = TLane.Load(x + last);
            s0 = TLane.MultiplyAdd(v, Masked<Edge>(p0 + last, mask), s0);
            s1 = TLane.MultiplyAdd(v, Masked<Edge>(p1 + last, mask), s1);
            s2 = TLane.MultiplyAdd(v, Masked<Edge>(p2 + last, mask), s2);
            s3 = TLane.MultiplyAdd(v, Masked<Edge>(p3 + last, mask), s3);
            s4 = TLane.MultiplyAdd(v, Masked<Edge>(p4 + last, mask), s4);
            s5 = TLane.MultiplyAdd(v, Masked<Edge>(p5 + last, mask), s5);
            s6 = TLane.MultiplyAdd(v, Masked<Edge>(p6 + last, mask), s6);
            s7 = TLane.MultiplyAdd(v, Masked<Edge>(p7 + last, mask), s7);
        }

        Totals(s0, s1, s2, s3, tile);
        Totals(s4, s5, s6, s7, tile + 4 * w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Masked<Edge>(T* source, TLane mask)
        where Edge : struct, IConstant =>
        Edge.Value == 1 ? TLane.Select(mask, TLane.Load(source), TLane.Broadcast(T.Zero)) : TLane.Load(source);

    /// <summary>
    /// Row r's total at tile[r Spacing]. Halves are added, then halves of that, so that element i meets i + Width/2 first, wherever the row
    /// begins within a vector: turning a vector round changes no sum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Totals(TLane a, TLane b, TLane c, TLane d, T* tile)
    {
        int w = TLane.Width;
        if (Avx512F.IsSupported && typeof(T) == typeof(float) && w == Vector512<float>.Count)
        {
            Vector512<float> x = Quarters(Unsafe.BitCast<TLane, Vector512<float>>(a), Unsafe.BitCast<TLane, Vector512<float>>(b));
            Vector512<float> y = Quarters(Unsafe.BitCast<TLane, Vector512<float>>(c), Unsafe.BitCast<TLane, Vector512<float>>(d));
            x = Avx512F.Shuffle4x128(x, y, 0x88) + Avx512F.Shuffle4x128(x, y, 0xDD);
            x += Avx512F.Shuffle(x, x, 0x4E);
            (x + Avx512F.Shuffle(x, x, 0xB1)).Store((float*)tile);
        }
        else if (Avx512F.IsSupported && typeof(T) == typeof(double) && w == Vector512<double>.Count)
        {
            Vector512<double> x = Quarters(Unsafe.BitCast<TLane, Vector512<double>>(a), Unsafe.BitCast<TLane, Vector512<double>>(b));
            Vector512<double> y = Quarters(Unsafe.BitCast<TLane, Vector512<double>>(c), Unsafe.BitCast<TLane, Vector512<double>>(d));
            x = Avx512F.Shuffle4x128(x, y, 0x88) + Avx512F.Shuffle4x128(x, y, 0xDD);
            (x + Avx512F.Shuffle(x, x, 0x55)).Store((double*)tile);
        }
        else
        {
            TLane.Store(a, tile);
            TLane.Store(b, tile + w);
            TLane.Store(c, tile + 2 * w);
            TLane.Store(d, tile + 3 * w);
            (T t0, T t1, T t2, T t3) = (Total(tile), Total(tile + w), Total(tile + 2 * w), Total(tile + 3 * w));
            (tile[0], tile[Spacing], tile[2 * Spacing], tile[3 * Spacing]) = (t0, t1, t2, t3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Quarters(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Quarters(Vector512<double> a, Vector512<double> b) => Avx512F.Shuffle4x128(a, b, 0x44) + Avx512F.Shuffle4x128(a, b, 0xEE);

    /// <summary>From one total to the next.</summary>
    private static int Spacing
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLane.Width > 4 ? TLane.Width / 4 : 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Total(T* p)
    {
        for (int half = TLane.Width / 2; half > 0; half /= 2)
            for (int i = 0; i < half; i++) p[i] += p[i + half];
        return *p;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(in GemvPlan<T> plan, int first, int count, T* sums)
    {
        int width = TLane.Width, period = plan.Period;
        nint step = period * plan.Ldw;
        T* x = stackalloc T[BlockRows];
        for (int i = 0; i < count + width; i += width) TLane.Store(TLane.Broadcast(T.Zero), sums + i);
        TLane.Store(TLane.Broadcast(T.Zero), sums - width);
        for (int block = 0; block < plan.Rows; block += BlockRows * period)
            for (int row = block; row < Math.Min(block + period, plan.Rows); row++)
            {
                int rows = Math.Min(BlockRows, (plan.Rows - 1 - row) / period + 1);
                for (int i = 0; i < rows; i++) x[i] = plan.X[row + i * period];
                T* w = plan.W + row * plan.Ldw + first;
                int phase = Phase(w), vectors = (phase + count + width - 1) / width;
                int strips = (vectors + WidestStrip - 1) / WidestStrip;
                int least = vectors / strips, wider = vectors - least * strips, tail = phase + count - (vectors - 1) * width;
                T* source = w - phase, target = sums - phase;
                for (int strip = 0; strip < strips; strip++)
                {
                    int wide = strip < wider ? least + 1 : least, from = strip == 0 ? phase : 0, to = strip == strips - 1 ? tail : width;
                    if (from > 0 || to < width) Strip<Const1>(wide, rows, source, step, x, target, from, to);
                    else Strip<Const0>(wide, rows, source, step, x, target, from, to);
                    source += wide * width;
                    target += wide * width;
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Strip<Edge>(int vectors, int rows, T* w, nint step, T* x, T* y, int from, int to)
        where Edge : struct, IConstant
    {
        switch (vectors)
        {
            case 1: Strip<Const1, Edge>(rows, w, step, x, y, from, to); break;
            case 2: Strip<Const2, Edge>(rows, w, step, x, y, from, to); break;
            case 3: Strip<Const3, Edge>(rows, w, step, x, y, from, to); break;
            case 4: Strip<Const4, Edge>(rows, w, step, x, y, from, to); break;
            case 5: Strip<Const5, Edge>(rows, w, step, x, y, from, to); break;
            case 6: Strip<Const6, Edge>(rows, w, step, x, y, from, to); break;
            case 7: Strip<Const7, Edge>(rows, w, step, x, y, from, to); break;
            default: Strip<Const8, Edge>(rows, w, step, x, y, from, to); break;
        }
    }

    /// <summary>y += sum over the rows of x[row] w[row], with the sums of up to eight vectors in registers; of the first vector elements from.. count, of the last one ..to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<Vectors, Edge>(int rows, T* w, nint step, T* x, T* y, int from, int to)
        where Vectors : struct, IConstant
        where Edge : struct, IConstant
    {
        nint n = TLane.Width;
        TLane left = LaneMask<T, TLane>.Between(from, Vectors.Value == 1 ? to : n), right = LaneMask<T, TLane>.Between(0, to);
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
            y0 = TLane.MultiplyAdd(s, w0, y0);
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
        y = TLane.MultiplyAdd(s, v, y);
    }
}
