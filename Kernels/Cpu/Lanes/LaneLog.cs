using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>log and log(1 + x) over a lane: u = 2^e m, log(u) = e ln 2 + log(1 + f), f = m - 1, the last by a minimax polynomial in f (float) or in the argument of atanh (double).</summary>
/// <remarks>Within 2 ulp (float and double), subnormal inputs, zero, negative numbers, infinity and NaN included; see FunctionAccuracyTests.</remarks>
internal static class LaneLog
{
    /// <summary>log(x): -infinity at 0, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (HasSpecial<TLane, T>(x)) return AnyLog<TLane, T>(x);
        TLane m = TLane.Decompose(x, out TLane e);
        return Combine<TLane, T>(m - TLane.Constant(1), e);
    }

    /// <summary>log(1 + x), relatively accurate near zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log1p<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1);
        TLane u = one + x;
        // What the sum lost, from whichever operand was the smaller.
        TLane lost = TLane.Select(TLane.LessThan(x, one), x - (u - one), one - (u - x));
        // The sign of a zero would be lost in the additions.
        return TLane.Select(TLane.EqualTo(x, TLane.Constant(0)), x, LogNearOne<TLane, T>(u, x, lost / u));
    }

    /// <summary>log(u), taken as log(1 + difference) where u is near one; elsewhere <paramref name="correction"/> is added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane LogNearOne<TLane, T>(TLane u, TLane difference, TLane correction)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (HasSpecial<TLane, T>(u)) return AnyLogNearOne<TLane, T>(u, difference, correction);
        TLane m = TLane.Decompose(u, out TLane e);
        return Join<TLane, T>(m, e, difference, correction);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Join<TLane, T>(TLane m, TLane e, TLane difference, TLane correction)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane isNear = TLane.LessThan(TLane.Abs(difference + TLane.Constant(-0.06)), TLane.Constant(0.35));
        TLane f = TLane.Select(isNear, difference, m - TLane.Constant(1));
        TLane log = Combine<TLane, T>(f, TLane.Select(isNear, TLane.Constant(0), e));
        return TLane.Select(isNear, log, log + correction);
    }

    // Anything but a positive normal number.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasSpecial<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane largest = TLane.IsSingle ? TLane.Constant(float.MaxValue) : TLane.Constant(double.MaxValue);
        TLane inside = TLane.Max(TLane.Constant(SmallestNormal<TLane, T>()), TLane.Min(largest, x));
        return TLane.Any(TLane.Select(TLane.EqualTo(inside, x), TLane.Constant(0), TLane.Constant(1)));
    }

    // Apart and not inlined: in the loops of most callers no element comes here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane AnyLog<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane m = DecomposeAny<TLane, T>(x, out TLane e);
        return WithSpecialValues<TLane, T>(x, Combine<TLane, T>(m - TLane.Constant(1), e));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane AnyLogNearOne<TLane, T>(TLane u, TLane difference, TLane correction)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane m = DecomposeAny<TLane, T>(u, out TLane e);
        return WithSpecialValues<TLane, T>(u, Join<TLane, T>(m, e, difference, correction));
    }

    /// <summary>log(1 + x) for x in [0, 1] only (what softplus needs): no exponent to take apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log1pOfUnit<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // Above sqrt(2) - 1: log(1 + x) = ln 2 + log(1 + (x - 1)/2).
        TLane isLarge = TLane.LessThan(TLane.Constant(0.41421356), x);
        TLane f = TLane.Select(isLarge, (x - TLane.Constant(1)) * TLane.Constant(0.5), x);
        return Combine<TLane, T>(f, TLane.Select(isLarge, TLane.Constant(1), TLane.Constant(0)));
    }

    // Subnormal numbers are lifted first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane DecomposeAny<TLane, T>(TLane x, out TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane isSmall = TLane.LessThan(x, TLane.Constant(SmallestNormal<TLane, T>()));
        TLane m = TLane.Decompose(TLane.Select(isSmall, x * TLane.Constant(LiftFactor<TLane, T>()), x), out e);
        e -= TLane.Select(isSmall, TLane.Constant(LiftExponent<TLane, T>()), TLane.Constant(0));
        return m;
    }

    // e ln 2 + log(1 + f) for f in [-0.293, 0.4143], added from the smallest term up.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Combine<TLane, T>(TLane f, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane p, low;
        TLane square = f * f;
        TLane h = square * TLane.Constant(0.5);
        if (TLane.IsSingle)
        {
            // log(1+f) = f - (h - f^3 p(f)), h = f^2/2: without a division.
            p = TLane.Constant(-0.0790283382);
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.126224622));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(-0.129982144));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.142144814));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(-0.166412786));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.200010449));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(-0.25000307));
            p = TLane.MultiplyAdd(p, f, TLane.Constant(0.333333313));
            low = TLane.MultiplyAdd(e, TLane.Constant(1.42860677e-06), square * f * p);
        }
        else
        {
            // log(1+f) = 2 atanh(s) = f - (h - s (h + 2 z p(z))), s = f/(2+f), z = s^2: half as many terms.
            TLane s = f / (TLane.Constant(2) + f);
            TLane z = s * s;
            p = TLane.Constant(0.073095823885932096);
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.076657508606037095));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.09091447873400714));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.11111105521911244));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.14285714313266668));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.19999999999949136));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.33333333333333348));
            low = TLane.MultiplyAdd(e, TLane.Constant(2.8235290563031577e-13), s * TLane.MultiplyAdd(z + z, p, h));
        }
        TLane high = e * (TLane.IsSingle ? TLane.Constant(0.693145752) : TLane.Constant(0.69314718055966296));
        return high - ((h - low) - f);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane WithSpecialValues<TLane, T>(TLane x, TLane log)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane zero = TLane.Constant(0);
        TLane isPositive = TLane.LessThan(zero, x);
        TLane isFinite = TLane.LessThan(x, TLane.Constant(double.PositiveInfinity));
        // Zero gives -infinity; a negative number NaN; infinity and NaN are their own logarithm.
        TLane atMostZero = TLane.Select(TLane.EqualTo(x, zero), TLane.Constant(double.NegativeInfinity), TLane.Constant(double.NaN));
        return TLane.Select(isPositive, TLane.Select(isFinite, log, x), atMostZero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double SmallestNormal<TLane, T>()
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => TLane.IsSingle ? 1.1754943508222875e-38 : 2.2250738585072014e-308;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LiftFactor<TLane, T>()
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => TLane.IsSingle ? 33554432 : 18014398509481984;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double LiftExponent<TLane, T>()
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => TLane.IsSingle ? 25 : 54;
}
