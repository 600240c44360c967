using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary><see cref="RationalQuadratic"/> over lanes: neighbouring elements at once, the bin found by comparing with every inner knot.</summary>
/// <remarks>All spans as there. Cost: 2 + 3 selects an inner knot, one logarithm and about ten divisions an element.</remarks>
public static unsafe class RationalQuadraticSimd
{
    /// <summary>z and logDet, as <see cref="RationalQuadratic.Forward"/>.</summary>
    public static void Forward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> z, Span<T> logDet, Span<T> knots, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        k.MakeSimd(raw);
        int columns = RationalQuadratic.Columns(x.Length, z.Length, logDet.Length, k.Elements);
        fixed (T* px = x, pz = z, pkx = k.X, pky = k.Y, pkd = k.Slope)
            for (int r = 0; r < logDet.Length; r++)
            {
                nint start = (nint)r * columns, first = k.Elements == columns ? 0 : start;
                var bins0 = new SplineLanes<T>(pkx + first, pky + first, pkd + first, k.Elements, bins, k.Bound);
                logDet[r] = RowLoop.Run<T, ForwardPass<T>>(new(px + start, pz + start, bins0), 0, columns);
            }
    }

    /// <summary>x and logDet, as <see cref="RationalQuadratic.Inverse"/>.</summary>
    public static void Inverse<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> raw, ReadOnlySpan<T> settings, Span<T> x, Span<T> logDet, Span<T> knots, int bins)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var k = new SplineKnots<T>(knots, bins, settings);
        k.MakeSimd(raw);
        int columns = RationalQuadratic.Columns(x.Length, z.Length, logDet.Length, k.Elements);
        fixed (T* px = x, pz = z, pkx = k.X, pky = k.Y, pkd = k.Slope)
            for (int r = 0; r < logDet.Length; r++)
            {
                nint start = (nint)r * columns, first = k.Elements == columns ? 0 : start;
                var bins0 = new SplineLanes<T>(pkx + first, pky + first, pkd + first, k.Elements, bins, k.Bound);
                logDet[r] = RowLoop.Run<T, InversePass<T>>(new(pz + start, px + start, bins0), 0, columns);
            }
    }

    private readonly struct ForwardPass<T>(T* x, T* z, SplineLanes<T> knots) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane v = TLane.Load(x + i);
            SplineLane<TLane, T> bin = knots.Find<TLane>(v, i, byHeight: false);
            TLane outside = TLane.LessThan(TLane.Broadcast(knots.Bound), TLane.Abs(v));
            TLane value = bin.Forward(v, out TLane logD);
            TLane.Store(TLane.Select(outside, v, value), z + i);
            return TLane.Select(outside, TLane.Constant(0), logD);
        }
    }

    private readonly struct InversePass<T>(T* z, T* x, SplineLanes<T> knots) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane v = TLane.Load(z + i);
            SplineLane<TLane, T> bin = knots.Find<TLane>(v, i, byHeight: true);
            TLane outside = TLane.LessThan(TLane.Broadcast(knots.Bound), TLane.Abs(v));
            TLane value = bin.Inverse(v);
            bin.Forward(value, out TLane logD);
            TLane.Store(TLane.Select(outside, v, value), x + i);
            return TLane.Select(outside, TLane.Constant(0), -logD);
        }
    }
}

/// <summary>Where the knots of a row lie, for lanes.</summary>
internal readonly unsafe struct SplineLanes<T>(T* x, T* y, T* slope, nint stride, int bins, T bound)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public T Bound => bound;

    public SplineLane<TLane, T> Find<TLane>(TLane v, nint i, bool byHeight)
        where TLane : struct, ILane<TLane, T>
    {
        TLane x0 = TLane.Load(x + i), y0 = TLane.Load(y + i), d0 = TLane.Load(slope + i);
        TLane x1 = TLane.Load(x + stride + i), y1 = TLane.Load(y + stride + i), d1 = TLane.Load(slope + stride + i);
        for (int j = 1; j < bins; j++)
        {
            TLane knot = TLane.Load((byHeight ? y : x) + (j * stride) + i);
            TLane before = TLane.LessThan(v, knot);
            x0 = TLane.Select(before, x0, TLane.Load(x + (j * stride) + i));
            y0 = TLane.Select(before, y0, TLane.Load(y + (j * stride) + i));
            d0 = TLane.Select(before, d0, TLane.Load(slope + (j * stride) + i));
            x1 = TLane.Select(before, x1, TLane.Load(x + ((j + 1) * stride) + i));
            y1 = TLane.Select(before, y1, TLane.Load(y + ((j + 1) * stride) + i));
            d1 = TLane.Select(before, d1, TLane.Load(slope + ((j + 1) * stride) + i));
        }
        return new SplineLane<TLane, T>(x0, x1 - x0, y0, y1 - y0, d0, d1);
    }
}

/// <summary><see cref="SplineBin{T}"/> over a lane.</summary>
internal readonly struct SplineLane<TLane, T>(TLane x0, TLane w, TLane y0, TLane h, TLane d0, TLane d1)
    where TLane : struct, ILane<TLane, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Forward(TLane x, out TLane logD)
    {
        TLane one = TLane.Constant(1);
        TLane s = h / w, t = (x - x0) / w, r = one - t, q = t * r;
        TLane n = t * t * s + (d0 * q);
        TLane m = s + ((d0 + d1 - s - s) * q);
        TLane a = (d1 * t * t) + ((s + s) * q) + (d0 * r * r);
        TLane slope = s / m;
        logD = LaneLog.Log<TLane, T>(slope * slope * a);
        return y0 + (h * n / m);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Inverse(TLane z)
    {
        TLane s = h / w, e = d0 + d1 - s - s, v = z - y0;
        TLane a = (h * (s - d0)) + (v * e);
        TLane b = (h * d0) - (v * e);
        TLane c = -(s * v);
        TLane discriminant = TLane.Max(TLane.Constant(0), (b * b) - (TLane.Constant(4) * a * c));
        return x0 - (w * ((c + c) / (b + TLane.Sqrt(discriminant))));
    }
}
