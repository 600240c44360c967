using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>
/// The splines of a few lanes of elements, made from raw parameters. A lane's table: rows [(3 bins - 1) x width], first the exponentials of the
/// widths, then those of the heights, then the raw inner slopes, whose softplus is taken only where an input falls; behind them the two factors that make
/// sizes of exponentials.
/// </summary>
/// <remarks>Every method is one short stage over all lanes: a processor's scheduler holds a hundred waiting instructions, so a long chain of one lane would leave no room for the next.</remarks>
internal readonly unsafe struct SplineTables<TLane, T>
    where TLane : struct, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const double Log2E = 1.4426950408889634;
    private const byte Floor = 1;
    private const int Line = 64;

    private readonly T* _rows, _least;
    private readonly int _bins, _stride;
    private readonly SplineNumbers<T> _numbers;

    /// <summary>Tables in <paramref name="rows"/>, each <see cref="RowCount"/> lanes; or one table that stands for those of all lanes. <paramref name="least"/> takes 2 bins lanes: where the right ends of bins would lie if all were of the least size.</summary>
    public SplineTables(T* rows, T* least, int bins, bool isOne, in SplineNumbers<T> numbers)
    {
        _rows = rows;
        _least = least;
        _bins = bins;
        _stride = isOne ? 0 : RowCount(bins) * TLane.Width;
        _numbers = numbers;
        TLane start = TLane.Broadcast(-numbers.Bound), width = TLane.Broadcast(numbers.LeastWidth), height = TLane.Broadcast(numbers.LeastHeight);
        for (int j = 0; j < bins; j++)
        {
            TLane number = TLane.Constant(j + 1);
            TLane.Store(TLane.MultiplyAdd(number, width, start), least + (j * TLane.Width));
            TLane.Store(TLane.MultiplyAdd(number, height, start), least + ((bins + j) * TLane.Width));
        }
    }

    private int Factors => ((3 * _bins) - 1) * TLane.Width;

    private int Heights => _bins * TLane.Width;

    /// <summary>Lanes in a table.</summary>
    public static int RowCount(int bins) => (3 * bins) + 1;

    /// <summary>Takes in the raw parameters of as many elements as the lane is wide.</summary>
    public void Load(int lane, T* raw) => SplineBlock.Load<TLane, T>(raw, (3 * _bins) - 1, _rows + (lane * _stride));

    /// <summary>Makes the tables of what was taken in, and fetches meanwhile what will be taken in next: this is the stage that computes most and reads least.</summary>
    public void Make(int lanes, byte* next, byte* nextEnd)
    {
        int width = TLane.Width;
        TLane minus = TLane.Broadcast(-_numbers.FactorLog2E), scale = TLane.Broadcast(_numbers.FactorLog2E);
        for (int lane = 0; lane < lanes; lane++)
        {
            T* rows = _rows + (lane * _stride), heights = rows + Heights;
            TLane w = TLane.Load(rows), h = TLane.Load(heights);
            for (int i = width; i < _bins * width; i += width)
            {
                w = TLane.Max(w, TLane.Load(rows + i));
                h = TLane.Max(h, TLane.Load(heights + i));
            }
            TLane.Store(minus * w, rows + Factors);
            TLane.Store(minus * h, rows + Factors + width);
        }
        nint share = ((nint)(nextEnd - next) / (2 * lanes * Line) + 1) * Line;
        for (int half = 0; half < 2 * lanes; half++)
        {
            T* rows = _rows + ((half >> 1) * _stride), u = rows + ((half & 1) * Heights), factor = rows + Factors + ((half & 1) * width);
            TLane shift = TLane.Load(factor), sum = TLane.Constant(0);
            for (int i = 0; i < _bins * width; i += width)
            {
                TLane e = PowerOfTwo(TLane.MultiplyAdd(scale, TLane.Load(u + i), shift));
                TLane.Store(e, u + i);
                sum += e;
            }
            TLane.Store(sum, factor);
            next = Fetch(next, nint.Min(share, (nint)(nextEnd - next)));
        }
        TLane restX = TLane.Broadcast(_numbers.WidthRest), restY = TLane.Broadcast(_numbers.HeightRest);
        for (int lane = 0; lane < lanes; lane++)
        {
            // Both sums lie between 1 and the number of bins: one division serves both.
            T* factor = _rows + (lane * _stride) + Factors;
            TLane x = TLane.Load(factor), y = TLane.Load(factor + width), inverse = TLane.Constant(1) / (x * y);
            TLane.Store(Quotient(restX, x, y * inverse), factor);
            TLane.Store(Quotient(restY, y, x * inverse), factor + width);
        }
    }

    /// <summary>The bins that inputs fall into, by comparing with the running sum of all sizes; the slopes still raw.</summary>
    public void Find(int lanes, bool byHeight, in SplineBins<TLane, T> bins)
    {
        int width = TLane.Width;
        TLane start = TLane.Broadcast(-_numbers.Bound), end = -start, one = TLane.Constant(1), last = TLane.Broadcast(_numbers.LastBin);
        T* leastA = byHeight ? _least + Heights : _least, leastB = byHeight ? _least : _least + Heights;
        for (int lane = 0; lane < lanes; lane++)
        {
            // a is the side that is searched, b the other one.
            T* rows = _rows + (lane * _stride), slope = rows + (2 * Heights), factor = rows + Factors;
            T* pa = byHeight ? rows + Heights : rows, pb = byHeight ? rows : rows + Heights, la = leastA, lb = leastB;
            TLane factorA = TLane.Load(byHeight ? factor + width : factor), factorB = TLane.Load(byHeight ? factor : factor + width);
            TLane v = bins.Get(lane, SplineRow.Input);
            TLane a0 = start, b0 = start, sumA = TLane.Load(pa), sumB = TLane.Load(pb), index = TLane.Constant(0);
            TLane nextA = TLane.MultiplyAdd(factorA, sumA, TLane.Load(la)), a1 = nextA;
            TLane nextB = TLane.MultiplyAdd(factorB, sumB, TLane.Load(lb)), b1 = nextB;
            // At the outer knots, whose slope is 1, there is no raw parameter: what is read there is not used.
            TLane left = index, right = TLane.Load(slope);
            for (int j = 1; j < _bins; j++)
            {
                TLane knotA = nextA, knotB = nextB;
                pa += width;
                pb += width;
                la += width;
                lb += width;
                sumA += TLane.Load(pa);
                sumB += TLane.Load(pb);
                // A bin's size is the difference of its knots as they are rounded, so that its right end fits its neighbour's left one.
                nextA = TLane.MultiplyAdd(factorA, sumA, TLane.Load(la));
                nextB = TLane.MultiplyAdd(factorB, sumB, TLane.Load(lb));
                TLane before = TLane.LessThan(v, knotA);
                a0 = TLane.Select(before, a0, knotA);
                b0 = TLane.Select(before, b0, knotB);
                a1 = TLane.Select(before, a1, nextA);
                b1 = TLane.Select(before, b1, nextB);
                index = TLane.Select(before, index, index + one);
                left = TLane.Select(before, left, TLane.Load(slope));
                slope += width;
                right = TLane.Select(before, right, TLane.Load(slope));
            }
            TLane isLast = TLane.EqualTo(index, last);
            a1 = TLane.Select(isLast, end, a1);
            b1 = TLane.Select(isLast, end, b1);
            bins.Put(lane, byHeight ? SplineRow.Y : SplineRow.X, a0);
            bins.Put(lane, byHeight ? SplineRow.H : SplineRow.W, a1 - a0);
            bins.Put(lane, byHeight ? SplineRow.X : SplineRow.Y, b0);
            bins.Put(lane, byHeight ? SplineRow.W : SplineRow.H, b1 - b0);
            bins.Put(lane, SplineRow.Left, left);
            bins.Put(lane, SplineRow.Right, right);
            bins.Put(lane, SplineRow.Index, index);
        }
    }

    /// <summary>The slopes of bins from their raw ones; where backward wants them, the slopes' derivatives too.</summary>
    public void Slopes(int lanes, bool derivatives, in SplineBins<TLane, T> bins)
    {
        Slopes(lanes, derivatives, bins, SplineRow.Left, SplineRow.LeftDerivative, TLane.Constant(0));
        Slopes(lanes, derivatives, bins, SplineRow.Right, SplineRow.RightDerivative, TLane.Broadcast(_numbers.LastBin));
    }

    /// <summary>Puts the gradients of the two knots of each element's bin beside those of the sizes and inner slopes, [(3 bins - 1) lanes] a table: adds, or sets them.</summary>
    public void Place(int lane, in SplineBins<TLane, T> bins, T* gradient, bool add)
    {
        int width = TLane.Width;
        TLane zero = TLane.Constant(0), count = zero, one = TLane.Constant(1), index = bins.Get(lane, SplineRow.Index);
        // The outermost knots do not move.
        TLane isLast = TLane.EqualTo(index, TLane.Broadcast(_numbers.LastBin));
        TLane rightX = TLane.Select(isLast, zero, bins.Get(lane, SplineRow.DRightX)), rightY = TLane.Select(isLast, zero, bins.Get(lane, SplineRow.DRightY));
        TLane bothX = bins.Get(lane, SplineRow.DLeftX) + rightX, bothY = bins.Get(lane, SplineRow.DLeftY) + rightY;
        TLane left = bins.Get(lane, SplineRow.DLeftSlope), right = bins.Get(lane, SplineRow.DRightSlope);
        T* gx = gradient, gy = gradient + Heights, slope = gradient + (2 * Heights);
        for (int j = 0; j < _bins; j++)
        {
            // Size j moves every inner knot right of it: both of the bin, the right one, or none.
            TLane isHere = TLane.EqualTo(index, count), isBefore = TLane.LessThan(count, index);
            TLane x = TLane.Select(isBefore, bothX, TLane.Select(isHere, rightX, zero));
            TLane y = TLane.Select(isBefore, bothY, TLane.Select(isHere, rightY, zero));
            TLane.Store(add ? TLane.Load(gx) + x : x, gx);
            TLane.Store(add ? TLane.Load(gy) + y : y, gy);
            gx += width;
            gy += width;
            count += one;
            if (j + 1 == _bins) break;
            // Knot j + 1 is the right one of bin j and the left one of the next.
            TLane s = TLane.Select(isHere, right, TLane.Select(TLane.EqualTo(index, count), left, zero));
            TLane.Store(add ? TLane.Load(slope) + s : s, slope);
            slope += width;
        }
    }

    /// <summary>From gradients of the sizes to those of their raw parameters, in place: back through the softmax.</summary>
    public void Finish(int lane, T* gradient)
    {
        T* rows = _rows + (lane * _stride);
        int length = _bins * TLane.Width;
        for (int half = 0; half < 2; half++)
        {
            T* e = rows + (half * Heights), g = gradient + (half * Heights);
            TLane factor = TLane.Load(rows + Factors + (half * TLane.Width)), mean = TLane.Constant(0);
            for (int i = 0; i < length; i += TLane.Width) mean = TLane.MultiplyAdd(TLane.Load(e + i), TLane.Load(g + i), mean);
            mean = mean * factor * TLane.Broadcast(T.One / (half == 0 ? _numbers.WidthRest : _numbers.HeightRest));
            factor *= TLane.Broadcast(_numbers.Factor);
            for (int i = 0; i < length; i += TLane.Width) TLane.Store(factor * TLane.Load(e + i) * (TLane.Load(g + i) - mean), g + i);
        }
    }

    private void Slopes(int lanes, bool derivatives, in SplineBins<TLane, T> bins, int slope, int derivative, TLane outer)
    {
        // exp(-|beta u|) first, kept where the derivative goes.
        TLane scale = TLane.Broadcast(-_numbers.Beta * T.CreateTruncating(Log2E));
        for (int lane = 0; lane < lanes; lane++) bins.Put(lane, derivative, PowerOfTwo(scale * TLane.Abs(bins.Get(lane, slope))));
        TLane beta = TLane.Broadcast(_numbers.Beta), inverse = TLane.Broadcast(_numbers.InverseBeta), least = TLane.Broadcast(_numbers.LeastSlope);
        for (int lane = 0; lane < lanes; lane++)
        {
            TLane u = beta * bins.Get(lane, slope), e = bins.Get(lane, derivative);
            if (derivatives) bins.Put(lane, derivative, TLane.SigmoidOf(u, e));
            TLane inner = TLane.MultiplyAdd(TLane.Max(TLane.Constant(0), u) + TLane.Log1pOfUnit(e), inverse, least);
            bins.Put(lane, slope, TLane.Select(TLane.EqualTo(bins.Get(lane, SplineRow.Index), outer), TLane.Constant(1), inner));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Fetch(byte* from, nint length)
    {
        for (nint i = 0; i < length && Sse.IsSupported; i += Line) Sse.Prefetch0(from + i);
        return from + length;
    }

    // a/b from 1/b up to some roundings, to the last: errors here would move all knots.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Quotient(TLane a, TLane b, TLane inverse)
    {
        TLane q = a * inverse;
        return TLane.MultiplyAdd(TLane.MultiplyAdd(-q, b, a), inverse, q);
    }

    // 2^t = 2^floor(t) p(t - floor(t)) for t <= 0, within 2 ulp. Where nothing better is at hand it stops at the least normal number, which is nothing beside the
    // largest exponential, 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane PowerOfTwo(TLane t)
    {
        if (Avx512DQ.IsSupported && typeof(TLane) == typeof(Vector512Lane<float>))
        {
            Vector512<float> v = Unsafe.BitCast<TLane, Vector512<float>>(t), part = Avx512DQ.Reduce(v, Floor);
            return Unsafe.BitCast<Vector512<float>, TLane>(Avx512F.Scale(Unsafe.BitCast<TLane, Vector512<float>>(Polynomial(Unsafe.BitCast<Vector512<float>, TLane>(part))), v));
        }
        if (Avx512DQ.IsSupported && typeof(TLane) == typeof(Vector512Lane<double>))
        {
            Vector512<double> v = Unsafe.BitCast<TLane, Vector512<double>>(t), part = Avx512DQ.Reduce(v, Floor);
            return Unsafe.BitCast<Vector512<double>, TLane>(Avx512F.Scale(Unsafe.BitCast<TLane, Vector512<double>>(Polynomial(Unsafe.BitCast<Vector512<double>, TLane>(part))), v));
        }
        // Adding 1.5 2^(mantissa bits) rounds to an integer; half less is the floor, or an integer's neighbour below, which does as well.
        t = TLane.Max(TLane.Constant(typeof(T) == typeof(float) ? -126 : -1022), t);
        TLane magic = TLane.Constant(typeof(T) == typeof(float) ? 12582912 : 6755399441055744), n = ((t - TLane.Constant(0.5)) + magic) - magic;
        return Polynomial(t - n) * TLane.PowerOfTwo(TLane.Max(TLane.Constant(typeof(T) == typeof(float) ? -126 : -1022), n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Polynomial(TLane f)
    {
        TLane p;
        if (typeof(T) == typeof(float))
        {
            p = TLane.MultiplyAdd(TLane.Constant(0.00021612919), f, TLane.Constant(0.0012467845));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.009675452));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.055485282));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.24022931));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.69314706));
            return TLane.MultiplyAdd(p, f, TLane.Constant(1));
        }
        p = TLane.MultiplyAdd(TLane.Constant(6.272243305100897e-10), f, TLane.Constant(6.554570395035327e-09));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(1.0254428185312038e-07));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(1.3208197784437026e-06));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(1.5253189854507052e-05));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.0001540351146993367));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.00133335586606777));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.009618129098814003));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.05550410866570822));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.2402265069590549));
        p = TLane.MultiplyAdd(p, f, TLane.Constant(0.6931471805599463));
        return TLane.MultiplyAdd(p, f, TLane.Constant(1));
    }
}
