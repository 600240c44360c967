using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Compositions of exp and log over a lane that several functions share.</summary>
internal static class LaneMath
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sigmoid<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (typeof(T) == typeof(float)) return TLane.Narrow(WideExp.Sigmoid(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Sigmoid(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return SigmoidOf<TLane, T>(x, LaneExp.ExpOfMinusSize<TLane, T>(x));
    }

    // e = exp(-|x|): never overflows, and both tails keep their relative accuracy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SigmoidOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (typeof(T) == typeof(float)) return TLane.Narrow(WideExp.SigmoidOf(TLane.Widen(x).AsSingle(), TLane.Widen(e).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.SigmoidOf(TLane.Widen(x).AsDouble(), TLane.Widen(e).AsDouble()).As<double, T>());
        }
        TLane one = TLane.Constant(1);
        return Quotient<TLane, T>(TLane.Select(TLane.LessThan(x, TLane.Constant(0)), e, one), one + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Softplus<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        SoftplusOf<TLane, T>(x, LaneExp.ExpOfMinusSize<TLane, T>(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SoftplusOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Max(TLane.Constant(0), x) + LaneLog.Log1pOfUnit<TLane, T>(e);

    /// <summary>a / b for b between 1 and 1e30.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Quotient<TLane, T>(TLane a, TLane b)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (typeof(T) == typeof(float)) return TLane.Narrow(WideExp.Quotient(TLane.Widen(a).AsSingle(), TLane.Widen(b).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Quotient(TLane.Widen(a).AsDouble(), TLane.Widen(b).AsDouble()).As<double, T>());
        }
        return a / b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane KeepNaN<TLane, T>(TLane x, TLane otherwise)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Select(TLane.EqualTo(x, x), otherwise, x);
}
