using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Compositions of exp and log over a lane that several functions share.</summary>
internal static class LaneMath
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sigmoid<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        SigmoidOf<TLane, T>(x, LaneExp.Exp<TLane, T>(-TLane.Abs(x)));

    // e = exp(-|x|): never overflows, and both tails keep their relative accuracy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SigmoidOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1);
        return TLane.Select(TLane.LessThan(x, TLane.Constant(0)), e, one) / (one + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Softplus<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        SoftplusOf<TLane, T>(x, LaneExp.Exp<TLane, T>(-TLane.Abs(x)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SoftplusOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Max(TLane.Constant(0), x) + KeepNaN<TLane, T>(x, LaneLog.Log1pOfUnit<TLane, T>(e));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane KeepNaN<TLane, T>(TLane x, TLane otherwise)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Select(TLane.EqualTo(x, x), otherwise, x);

    // For functions without a polynomial yet: one element at a time.
    public static unsafe TLane PerElement<TLane, T, TFunction>(TLane x, TFunction f)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        where TFunction : struct, IUnaryFunction<T>
    {
        T* buffer = stackalloc T[TLane.Width];
        TLane.Store(x, buffer);
        for (int i = 0; i < TLane.Width; i++) buffer[i] = f.Value(buffer[i]);
        return TLane.Load(buffer);
    }
}
