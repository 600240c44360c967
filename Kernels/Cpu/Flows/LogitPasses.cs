using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

internal readonly unsafe struct LogitForwardPass<T>(T* x, T* z, LogitMap<T> map) : IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
    {
        TLane term = map.Forward(TLane.Load(x + i), out TLane y);
        TLane.Store(y, z + i);
        return term;
    }
}

internal readonly unsafe struct LogitInversePass<T>(T* z, T* x, LogitMap<T> map) : IRowPass<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLane At<TLane>(nint i) where TLane : struct, ILane<TLane, T>
    {
        TLane term = map.Inverse(TLane.Load(z + i), out TLane y);
        TLane.Store(y, x + i);
        return term;
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
            TLane.Store(map.Backward(TLane.Load(x + i), TLane.Load(dz + i), TLane.Broadcast(dLogDet), TLane.Load(dx + i)), dx + i);
            return TLane.Constant(0);
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
            TLane.Store(map.InverseBackward(TLane.Load(z + i), TLane.Load(dx + i), TLane.Broadcast(dLogDet), TLane.Load(dz + i)), dz + i);
            return TLane.Constant(0);
        }
    }
}
