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
        TLane.SigmoidOf(x, TLane.ExpOfMinusSize(x));

    // e = exp(-|x|): never overflows, and both tails keep their relative accuracy.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SigmoidOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1);
        return TLane.Quotient(TLane.Select(TLane.LessThan(x, TLane.Constant(0)), e, one), one + e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Softplus<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        SoftplusOf<TLane, T>(x, TLane.ExpOfMinusSize(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SoftplusOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Max(TLane.Constant(0), x) + TLane.Log1pOfUnit(e);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane KeepNaN<TLane, T>(TLane x, TLane otherwise)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.Select(TLane.EqualTo(x, x), otherwise, x);
}
