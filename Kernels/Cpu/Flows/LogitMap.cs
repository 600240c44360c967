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
        : this(
            new(settings[0], settings[1], settings[2], settings[3], settings[4]), SlopeOf(settings[0], settings[1], settings[2]),
            T.Log(SlopeOf(settings[0], settings[1], settings[2])) - T.Log(settings[3]), settings[0] + settings[4], settings[1] - settings[4])
    {
    }

    private LogitMap(in BodySettings<T> settings, T slope, T logFactor, T low, T high)
    {
        _left = settings.S0;
        _right = settings.S1;
        _alpha = settings.S2;
        Temperature = settings.S3;
        Slope = slope;
        LogFactor = logFactor;
        // Only clipping has ends of its own; the map itself goes on to where u or 1 - u is zero.
        _clips = settings.S4 > T.Zero;
        Low = _clips ? low : T.NegativeInfinity;
        High = _clips ? high : T.PositiveInfinity;
    }

    /// <summary>The map as a kernel on a device makes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LogitMap<T> Over<TLane>(in BodySettings<T> settings) where TLane : struct, ILane<TLane, T>
    {
        TLane left = TLane.Broadcast(settings.S0), right = TLane.Broadcast(settings.S1), alpha = TLane.Broadcast(settings.S2), margin = TLane.Broadcast(settings.S4);
        TLane slope = (TLane.Constant(1) - alpha - alpha) / (right - left);
        return new(settings, TLane.First(slope), TLane.First(TLane.Log(slope) - TLane.Log(TLane.Broadcast(settings.S3))), TLane.First(left + margin), TLane.First(right - margin));
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

    /// <summary>z of x, and log dz/dx.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Forward<TLane>(TLane x, out TLane z) where TLane : struct, ILane<TLane, T>
    {
        Ends(x, out TLane u, out TLane v);
        TLane lu = TLane.Log(u), lv = TLane.Log(v);
        z = (lu - lv) / TLane.Broadcast(Temperature);
        return TLane.Broadcast(LogFactor) - lu - lv;
    }

    /// <summary>x of z, and log dx/dz.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Inverse<TLane>(TLane z, out TLane x) where TLane : struct, ILane<TLane, T>
    {
        TLane t = TLane.Broadcast(Temperature) * z;
        TLane e = TLane.Exp(-TLane.Abs(t));
        x = X(TLane.SigmoidOf(t, e), TLane.SigmoidOf(-t, e));
        return -(TLane.Broadcast(LogFactor) + LaneMath.SoftplusOf<TLane, T>(t, e) + LaneMath.SoftplusOf<TLane, T>(-t, e));
    }

    /// <summary>dx + dz dz/dx + dLogDet d log(dz/dx)/dx; dx alone where x is clipped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane Backward<TLane>(TLane x, TLane dz, TLane dLogDet, TLane dx) where TLane : struct, ILane<TLane, T>
    {
        TLane zero = TLane.Constant(0);
        Ends(x, out TLane u, out TLane v);
        TLane bars = TLane.MultiplyAdd(dLogDet, u - v, dz * TLane.Broadcast(T.One / Temperature));
        TLane g = TLane.Broadcast(Slope) * bars / (u * v);
        return dx + TLane.Select(TLane.LessThan(x, TLane.Broadcast(Low)), zero, TLane.Select(TLane.LessThan(TLane.Broadcast(High), x), zero, g));
    }

    /// <summary>dz + dx dx/dz + dLogDet d log(dx/dz)/dz.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane InverseBackward<TLane>(TLane z, TLane dx, TLane dLogDet, TLane dz) where TLane : struct, ILane<TLane, T>
    {
        TLane temperature = TLane.Broadcast(Temperature), one = TLane.Constant(1);
        TLane t = temperature * z, e = TLane.Exp(-TLane.Abs(t)), r = one / (one + e);
        // u v = e/(1 + e)^2 and |v - u| = (1 - e)/(1 + e), with the sign of -t.
        TLane slope = e * r * r * TLane.Broadcast(T.One / Slope), difference = TLane.CopySign((one - e) * r, -t);
        TLane bars = TLane.MultiplyAdd(dLogDet, difference, dx * slope);
        return TLane.MultiplyAdd(temperature, bars, dz);
    }

    private static T SlopeOf(T low, T high, T alpha) => (T.One - alpha - alpha) / (high - low);
}
