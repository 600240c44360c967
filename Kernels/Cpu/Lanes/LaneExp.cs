using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>exp and exp - 1 over a lane: x = n ln 2 + r, exp(x) = 2^n exp(r), a minimax polynomial on |r| &lt;= ln(2)/2.</summary>
/// <remarks>Within 2 ulp (float and double), subnormal results, infinities and NaN included; see FunctionAccuracyTests. Own polynomial fits.</remarks>
internal static class LaneExp
{
    /// <summary>exp(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Exp<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Within these bounds the result is a normal number; a NaN takes part.
        if (TLane.Any(TLane.LessThan(TLane.Constant(TLane.IsSingle ? 87 : 708), TLane.Abs(x)))) return AnyExp<TLane, T>(x);
        TLane r = Reduce<TLane, T>(x, out TLane n);
        return (TLane.Constant(1) + Expm1OfReduced<TLane, T>(r)) * TLane.PowerOfTwo(n);
    }

    // Apart and not inlined: in the loops of most callers no element comes here. The same bits for what needs no care.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane AnyExp<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Beyond these bounds the result is 0 or infinity anyway; a NaN passes (second operand).
        x = TLane.IsSingle
            ? TLane.Max(TLane.Constant(-105), TLane.Min(TLane.Constant(89), x))
            : TLane.Max(TLane.Constant(-746), TLane.Min(TLane.Constant(710), x));
        TLane r = Reduce<TLane, T>(x, out TLane n);
        TLane q = Expm1OfReduced<TLane, T>(r);
        return TLane.ScaleByPowerOfTwo(TLane.Constant(1) + q, n);
    }

    /// <summary>exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane ExpOfMinusSize<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => TLane.Exp(-TLane.Abs(x));

    /// <summary>exp(x) - 1, relatively accurate near zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Expm1<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane bounded = TLane.IsSingle
            ? TLane.Max(TLane.Constant(-20), TLane.Min(TLane.Constant(89), x))
            : TLane.Max(TLane.Constant(-40), TLane.Min(TLane.Constant(710), x));
        TLane r = Reduce<TLane, T>(bounded, out TLane n);
        TLane q = Expm1OfReduced<TLane, T>(r);
        // Half the result, so that 2^n itself does not overflow: exp(x) - 1 = 2 (s q + s - 1/2), s = 2^(n-1).
        TLane s = TLane.PowerOfTwo(n - TLane.Constant(1));
        TLane half = TLane.MultiplyAdd(s, q, s - TLane.Constant(0.5));
        TLane isTiny = TLane.LessThan(TLane.Abs(x), TLane.Constant(TLane.IsSingle ? 1.4901161193847656e-8 : 2.7755575615628914e-17));
        return TLane.Select(isTiny, x, half + half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Reduce<TLane, T>(TLane x, out TLane n)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        n = TLane.Round(x * TLane.Constant(1.4426950408889634));
        // ln 2 in two parts; n times the first is exact even without fused multiply-add.
        if (TLane.IsSingle)
            return TLane.MultiplyAdd(-n, TLane.Constant(1.42860677e-06), TLane.MultiplyAdd(-n, TLane.Constant(0.693145752), x));
        return TLane.MultiplyAdd(-n, TLane.Constant(2.8235290563031577e-13), TLane.MultiplyAdd(-n, TLane.Constant(0.69314718055966296), x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Expm1OfReduced<TLane, T>(TLane r)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane p;
        if (TLane.IsSingle)
        {
            p = TLane.Constant(0.00139262504);
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.00836323295));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.0416665524));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.166665763));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.5));
        }
        else
        {
            p = TLane.Constant(2.5100472505694996e-08);
            p = TLane.MultiplyAdd(p, r, TLane.Constant(2.7620201591031547e-07));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(2.7557268276905696e-06));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(2.4801521057868204e-05));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.00019841269863171557));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.0013888888917367081));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.008333333333330039));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.041666666666623824));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.16666666666666669));
            p = TLane.MultiplyAdd(p, r, TLane.Constant(0.5));
        }
        return TLane.MultiplyAdd(r * r, p, r);
    }
}
