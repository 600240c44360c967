using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>
/// From an interval to the line: u = alpha + (1 - 2 alpha)(x - low)/(high - low), z = (ln u - ln(1 - u))/T, with the log-determinant
/// of x on its own scale. Matrices [rows x columns], row-major, rows = logDet.Length.
/// </summary>
/// <remarks>Settings: low, high, alpha, temperature T, eps; with eps &gt; 0, x is first clipped to [low + eps, high - eps] (alpha must be 0 then). Source: Dinh et al. 2017, section 4.1.</remarks>
public static unsafe class LogitFlow
{
    /// <summary>Number of settings.</summary>
    public const int SettingCount = 5;

    /// <summary>Where z would not be finite, or x is NaN: row-major index of the first such element, -1 for none. Without clipping x may be anything with 0 &lt; u &lt; 1; with clipping it must lie in [low, high].</summary>
    public static int FindOutside<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T low = settings[0], high = settings[1];
        var map = new Map<T>(settings);
        bool clips = settings[4] > T.Zero;
        for (int i = 0; i < x.Length; i++)
        {
            bool inside = clips ? x[i] >= low && x[i] <= high : map.U(x[i]) > T.Zero && map.V(x[i]) > T.Zero;
            if (!inside) return i;
        }
        return -1;
    }

    /// <summary>z and logDet[r] = sum over the row of log dz/dx.</summary>
    public static void Forward<T>(ReadOnlySpan<T> x, Span<T> z, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new Map<T>(settings);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T lu = T.Log(map.U(x[i])), lv = T.Log(map.V(x[i]));
                z[i] = (lu - lv) / map.Temperature;
                sum += map.LogFactor - lu - lv;
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Forward"/> over lanes.</summary>
    public static void ForwardSimd<T>(ReadOnlySpan<T> x, Span<T> z, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new Map<T>(settings);
        fixed (T* px = x, pz = z)
            for (int r = 0; r < logDet.Length; r++)
                logDet[r] = RowLoop.Run<T, ForwardPass<T>>(new(px, pz, map), (nint)r * columns, columns);
    }

    /// <summary>dx += dz dz/dx + dLogDet[r] d log(dz/dx)/dx; nothing where x was clipped.</summary>
    public static void Backward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> dz, ReadOnlySpan<T> dLogDet, Span<T> dx, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, dx.Length, dLogDet.Length);
        var map = new Map<T>(settings);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                if (x[i] < map.Low || x[i] > map.High) continue;
                T u = map.U(x[i]), v = map.V(x[i]);
                dx[i] += map.Slope * ((dz[i] / map.Temperature) + (dLogDet[r] * (u - v))) / (u * v);
            }
    }

    /// <summary>x from z, and logDet[r] = sum over the row of log dx/dz.</summary>
    public static void Inverse<T>(ReadOnlySpan<T> z, Span<T> x, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new Map<T>(settings);
        for (int r = 0; r < logDet.Length; r++)
        {
            T sum = T.Zero;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T t = map.Temperature * z[i];
                x[i] = map.X(ScalarMath.Sigmoid(t), ScalarMath.Sigmoid(-t));
                sum -= map.LogFactor + ScalarMath.Softplus(t) + ScalarMath.Softplus(-t);
            }
            logDet[r] = sum;
        }
    }

    /// <summary><see cref="Inverse"/> over lanes.</summary>
    public static void InverseSimd<T>(ReadOnlySpan<T> z, Span<T> x, Span<T> logDet, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(x.Length, z.Length, logDet.Length);
        var map = new Map<T>(settings);
        fixed (T* px = x, pz = z)
            for (int r = 0; r < logDet.Length; r++)
                logDet[r] = RowLoop.Run<T, InversePass<T>>(new(pz, px, map), (nint)r * columns, columns);
    }

    /// <summary>dz += dx dx/dz + dLogDet[r] d log(dx/dz)/dz.</summary>
    public static void InverseBackward<T>(ReadOnlySpan<T> z, ReadOnlySpan<T> dx, ReadOnlySpan<T> dLogDet, Span<T> dz, ReadOnlySpan<T> settings)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int columns = Columns(z.Length, dz.Length, dLogDet.Length);
        var map = new Map<T>(settings);
        for (int r = 0; r < dLogDet.Length; r++)
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                T u = ScalarMath.Sigmoid(map.Temperature * z[i]), v = ScalarMath.Sigmoid(-map.Temperature * z[i]);
                dz[i] += map.Temperature * ((dx[i] * u * v / map.Slope) + (dLogDet[r] * (v - u)));
            }
    }

    private static int Columns(int a, int b, int rows)
    {
        Lengths.Same("LogitFlow", "x", a, "z or gradient", b);
        return Lengths.Columns("LogitFlow", "x", a, "logDet", rows);
    }

    // u and 1 - u are each measured from their own end, so that neither loses digits where it is small.
    private readonly struct Map<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        public readonly T Low, High, Slope, Temperature, LogFactor;
        private readonly T _left, _right, _alpha, _stretch;

        public Map(ReadOnlySpan<T> settings)
        {
            _left = settings[0];
            _right = settings[1];
            _alpha = settings[2];
            _stretch = T.One - _alpha - _alpha;
            Temperature = settings[3];
            Slope = _stretch / (_right - _left);
            LogFactor = T.Log(Slope) - T.Log(Temperature);
            // Only clipping has ends of its own; the map itself goes on to where u or 1 - u is zero.
            bool clips = settings[4] > T.Zero;
            Low = clips ? _left + settings[4] : T.NegativeInfinity;
            High = clips ? _right - settings[4] : T.PositiveInfinity;
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

    private readonly struct ForwardPass<T>(T* x, T* z, Map<T> map) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            map.Ends(TLane.Load(x + i), out TLane u, out TLane v);
            TLane lu = LaneLog.Log<TLane, T>(u), lv = LaneLog.Log<TLane, T>(v);
            TLane.Store((lu - lv) / TLane.Broadcast(map.Temperature), z + i);
            return TLane.Broadcast(map.LogFactor) - lu - lv;
        }
    }

    private readonly struct InversePass<T>(T* z, T* x, Map<T> map) : IRowPass<T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane t = TLane.Broadcast(map.Temperature) * TLane.Load(z + i);
            TLane e = LaneExp.Exp<TLane, T>(-TLane.Abs(t));
            TLane.Store(map.X(LaneMath.SigmoidOf<TLane, T>(t, e), LaneMath.SigmoidOf<TLane, T>(-t, e)), x + i);
            return -(TLane.Broadcast(map.LogFactor) + LaneMath.SoftplusOf<TLane, T>(t, e) + LaneMath.SoftplusOf<TLane, T>(-t, e));
        }
    }
}
