using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary><see cref="SplineBin{T}"/> over a lane.</summary>
internal readonly struct SplineLane<TLane, T>
    where TLane : struct, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly TLane _x0, _w, _y0, _h, _d0, _d1, _inverseW, _s, _e;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SplineLane(in SplineBins<TLane, T> bins, int lane)
        : this(bins.Get(lane, SplineRow.X), bins.Get(lane, SplineRow.W), bins.Get(lane, SplineRow.Y), bins.Get(lane, SplineRow.H), bins.Get(lane, SplineRow.Left), bins.Get(lane, SplineRow.Right))
    {
    }

    /// <summary>From corner, width, height and the slopes at the ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SplineLane(TLane x0, TLane w, TLane y0, TLane h, TLane d0, TLane d1)
    {
        _x0 = x0;
        _w = w;
        _y0 = y0;
        _h = h;
        _d0 = d0;
        _d1 = d1;
        _inverseW = TLane.Constant(1) / _w;
        _s = _h * _inverseW;
        _e = _d0 + _d1 - _s - _s;
    }

    /// <summary>Where x lies in the bin, 0 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Part(TLane x) => (x - _x0) * _inverseW;

    /// <summary>z and dz/dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Forward(TLane t, out TLane slope)
    {
        TLane r = TLane.Constant(1) - t, q = t * r;
        TLane n = TLane.MultiplyAdd(t * t, _s, _d0 * q);
        TLane inverseM = TLane.Constant(1) / TLane.MultiplyAdd(_e, q, _s);
        TLane part = _s * inverseM;
        slope = part * part * Bend(t, r, q);
        return TLane.MultiplyAdd(_h, n * inverseM, _y0);
    }

    /// <summary>dz/dx and the derivative of its logarithm.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Slope(TLane t, out TLane bend)
    {
        TLane one = TLane.Constant(1), r = one - t, q = t * r, a = Bend(t, r, q);
        TLane inverseM = one / TLane.MultiplyAdd(_e, q, _s), slope = _s * inverseM;
        TLane twoE = _e + _e, da = ((_d1 * t) - (_d0 * r)) + (_s * (r - t));
        bend = (((da + da) / a) - (twoE * (r - t) * inverseM)) * _inverseW;
        return slope * slope * a;
    }

    /// <summary>t with z(t) = z, as <see cref="SplineBin{T}.Inverse"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane InversePart(TLane z)
    {
        TLane v = z - _y0, ve = v * _e;
        TLane a = TLane.MultiplyAdd(_h, _s - _d0, ve);
        TLane b = (_h * _d0) - ve;
        TLane sv = _s * v;
        TLane discriminant = TLane.Max(TLane.Constant(0), TLane.MultiplyAdd(b, b, TLane.Constant(4) * a * sv));
        return (sv + sv) / (b + TLane.Sqrt(discriminant));
    }

    /// <summary>x at t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane X(TLane t) => TLane.MultiplyAdd(_w, t, _x0);

    /// <summary>Gradients as in <see cref="SplineBin{T}.Backward"/>, for cotangents of z and log dz/dx: that of x, and those of the knots into their rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Backward(TLane t, TLane zBar, TLane lBar, in SplineBins<TLane, T> bins, int lane)
    {
        TLane xBar = Backward(t, zBar, lBar, out TLane leftX, out TLane rightX, out TLane leftY, out TLane rightY, out TLane leftSlope, out TLane rightSlope);
        bins.Put(lane, SplineRow.DLeftX, leftX);
        bins.Put(lane, SplineRow.DRightX, rightX);
        bins.Put(lane, SplineRow.DLeftY, leftY);
        bins.Put(lane, SplineRow.DRightY, rightY);
        bins.Put(lane, SplineRow.DLeftSlope, leftSlope * bins.Get(lane, SplineRow.LeftDerivative));
        bins.Put(lane, SplineRow.DRightSlope, rightSlope * bins.Get(lane, SplineRow.RightDerivative));
        return xBar;
    }

    /// <summary>The same, the knots' gradients as they are: with respect to x, y and slope of the left and the right one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Backward(
        TLane t, TLane zBar, TLane lBar, out TLane leftX, out TLane rightX, out TLane leftY, out TLane rightY, out TLane leftSlope, out TLane rightSlope)
    {
        TLane one = TLane.Constant(1), r = one - t, q = t * r, tt = t * t, rr = r * r;
        TLane n = TLane.MultiplyAdd(tt, _s, _d0 * q), inverseM = one / TLane.MultiplyAdd(_e, q, _s);
        TLane twoL = lBar + lBar, nOverM = n * inverseM;
        TLane aBar = lBar / Bend(t, r, q), twoA = aBar + aBar;
        TLane nBar = zBar * _h * inverseM;
        TLane mBar = -TLane.MultiplyAdd(nBar, nOverM, twoL * inverseM);
        TLane sBar = (twoL / _s) + TLane.MultiplyAdd(nBar, tt, TLane.MultiplyAdd(mBar, one - (q + q), twoA * q));
        TLane qBar = TLane.MultiplyAdd(nBar, _d0, TLane.MultiplyAdd(mBar, _e, twoA * _s));
        TLane nt = nBar * _s * t;
        TLane tBar = nt + nt + TLane.MultiplyAdd(twoA, (_d1 * t) - (_d0 * r), qBar * (r - t));
        TLane hBar = TLane.MultiplyAdd(zBar, nOverM, sBar * _inverseW);
        TLane wBar = -(TLane.MultiplyAdd(sBar, _s, tBar * t) * _inverseW);
        TLane xBar = tBar * _inverseW, mq = mBar * q;
        leftX = -xBar - wBar;
        rightX = wBar;
        leftY = zBar - hBar;
        rightY = hBar;
        leftSlope = TLane.MultiplyAdd(nBar, q, TLane.MultiplyAdd(aBar, rr, mq));
        rightSlope = TLane.MultiplyAdd(aBar, tt, mq);
        return xBar;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLane Bend(TLane t, TLane r, TLane q) => TLane.MultiplyAdd(_d1 * t, t, TLane.MultiplyAdd(_s + _s, q, _d0 * r * r));
}
