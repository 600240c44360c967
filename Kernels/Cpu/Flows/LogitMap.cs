using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The numbers of a <see cref="LogitFlow"/>. u and 1 - u are each measured from their own end, so that neither loses digits where it is small.</summary>
internal readonly struct LogitMap<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly T Low, High, Slope, Temperature, LogFactor;
    private readonly T _left, _right, _alpha;
    private readonly bool _clips;

    public LogitMap(ReadOnlySpan<T> settings)
    {
        _left = settings[0];
        _right = settings[1];
        _alpha = settings[2];
        Temperature = settings[3];
        Slope = (T.One - _alpha - _alpha) / (_right - _left);
        LogFactor = T.Log(Slope) - T.Log(Temperature);
        // Only clipping has ends of its own; the map itself goes on to where u or 1 - u is zero.
        _clips = settings[4] > T.Zero;
        Low = _clips ? _left + settings[4] : T.NegativeInfinity;
        High = _clips ? _right - settings[4] : T.PositiveInfinity;
    }

    /// <summary>Whether x has a finite z; with clipping, whether it lies in the interval.</summary>
    public bool IsInside(T x) => _clips ? x >= _left && x <= _right : U(x) > T.Zero && V(x) > T.Zero;

    /// <summary>1 where x is outside, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Outside<TLane>(TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane zero = TLane.Constant(0), one = TLane.Constant(1);
        if (_clips)
        {
            TLane beyond = TLane.Select(TLane.LessThan(x, TLane.Broadcast(_left)), one, TLane.Select(TLane.LessThan(TLane.Broadcast(_right), x), one, zero));
            return TLane.Select(TLane.EqualTo(x, x), beyond, one);
        }
        Ends(x, out TLane u, out TLane v);
        return TLane.Select(TLane.LessThan(zero, u), TLane.Select(TLane.LessThan(zero, v), zero, one), one);
    }

    public T U(T x) => _alpha + (Slope * (T.Max(Low, T.Min(High, x)) - _left));

    public T V(T x) => _alpha + (Slope * (_right - T.Max(Low, T.Min(High, x))));

    public T X(T u, T v) => u < v ? _left + ((u - _alpha) / Slope) : _right - ((v - _alpha) / Slope);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ends<TLane>(TLane x, out TLane u, out TLane v) where TLane : struct, ILane<TLane, T>
    {
        TLane clipped = TLane.Max(TLane.Broadcast(Low), TLane.Min(TLane.Broadcast(High), x));
        TLane alpha = TLane.Broadcast(_alpha), slope = TLane.Broadcast(Slope);
        u = TLane.MultiplyAdd(slope, clipped - TLane.Broadcast(_left), alpha);
        v = TLane.MultiplyAdd(slope, TLane.Broadcast(_right) - clipped, alpha);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane X<TLane>(TLane u, TLane v) where TLane : struct, ILane<TLane, T>
    {
        TLane alpha = TLane.Broadcast(_alpha), slope = TLane.Broadcast(Slope);
        TLane fromLeft = TLane.Broadcast(_left) + ((u - alpha) / slope);
        TLane fromRight = TLane.Broadcast(_right) - ((v - alpha) / slope);
        return TLane.Select(TLane.LessThan(u, v), fromLeft, fromRight);
    }
}
