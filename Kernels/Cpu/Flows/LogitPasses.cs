using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

internal readonly unsafe struct LogitForwardPass<T>(T* x, T* z, LogitMap<T> map) : IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
    {
        map.Ends(TLane.Load(x + i), out TLane u, out TLane v);
        TLane lu = TLane.Log(u), lv = TLane.Log(v);
        TLane.Store((lu - lv) / TLane.Broadcast(map.Temperature), z + i);
        return TLane.Broadcast(map.LogFactor) - lu - lv;
    }
}

internal readonly unsafe struct LogitInversePass<T>(T* z, T* x, LogitMap<T> map) : IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
    {
        TLane t = TLane.Broadcast(map.Temperature) * TLane.Load(z + i);
        TLane e = TLane.Exp(-TLane.Abs(t));
        TLane.Store(map.X(TLane.SigmoidOf(t, e), TLane.SigmoidOf(-t, e)), x + i);
        return -(TLane.Broadcast(map.LogFactor) + LaneMath.SoftplusOf<TLane, T>(t, e) + LaneMath.SoftplusOf<TLane, T>(-t, e));
    }
}

/// <summary>1 for every element outside.</summary>
internal readonly unsafe struct LogitOutsidePass<T>(T* x, LogitMap<T> map) : IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T> => map.Outside(TLane.Load(x + i));
}

internal readonly unsafe struct LogitBackwardRows<T>(T* x, T* dz, T* dLogDet, T* dx, LogitMap<T> map, nint columns) : IStretch
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Run(int from, int to)
    {
        for (int r = from; r < to; r++) RowLoop.Each<T, Pass>(new(x, dz, dx, dLogDet[r], map), r * columns, columns);
    }

    private readonly struct Pass(T* x, T* dz, T* dx, T dLogDet, LogitMap<T> map) : IRowPass<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane v0 = TLane.Load(x + i), zero = TLane.Constant(0);
            map.Ends(v0, out TLane u, out TLane v);
            TLane bars = TLane.MultiplyAdd(TLane.Broadcast(dLogDet), u - v, TLane.Load(dz + i) * TLane.Broadcast(T.One / map.Temperature));
            TLane g = TLane.Broadcast(map.Slope) * bars / (u * v);
            g = TLane.Select(TLane.LessThan(v0, TLane.Broadcast(map.Low)), zero, TLane.Select(TLane.LessThan(TLane.Broadcast(map.High), v0), zero, g));
            TLane.Store(TLane.Load(dx + i) + g, dx + i);
            return zero;
        }
    }
}

internal readonly unsafe struct LogitInverseBackwardRows<T>(T* z, T* dx, T* dLogDet, T* dz, LogitMap<T> map, nint columns) : IStretch
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public void Run(int from, int to)
    {
        for (int r = from; r < to; r++) RowLoop.Each<T, Pass>(new(z, dx, dz, dLogDet[r], map), r * columns, columns);
    }

    private readonly struct Pass(T* z, T* dx, T* dz, T dLogDet, LogitMap<T> map) : IRowPass<T>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
        {
            TLane temperature = TLane.Broadcast(map.Temperature), one = TLane.Constant(1);
            TLane t = temperature * TLane.Load(z + i), e = TLane.Exp(-TLane.Abs(t)), r = one / (one + e);
            // u v = e/(1 + e)^2 and |v - u| = (1 - e)/(1 + e), with the sign of -t.
            TLane slope = e * r * r * TLane.Broadcast(T.One / map.Slope), difference = TLane.CopySign((one - e) * r, -t);
            TLane bars = TLane.MultiplyAdd(TLane.Broadcast(dLogDet), difference, TLane.Load(dx + i) * slope);
            TLane.Store(TLane.MultiplyAdd(temperature, bars, TLane.Load(dz + i)), dz + i);
            return TLane.Constant(0);
        }
    }
}
