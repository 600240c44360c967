using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>Sine and cosine over a lane: |x| = n pi/2 + r by three parts of pi/2, a minimax polynomial on |r| &lt;= pi/4 for each, the quadrant n chooses. For |x| up to <see cref="Limit"/>.</summary>
/// <remarks>Within 2 ulp. The three-part reduction needs fused multiply-add. Own polynomial fits.</remarks>
internal static class LaneTrig
{
    /// <summary>Largest |x| that the reduction is right for.</summary>
    public const double Limit = 1048576;

    /// <summary>sin(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sin<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane n = Reduce<TLane, T>(x, out TLane r);
        // The second bit of n is the sign, the first exchanges sine and cosine.
        TLane floor = TLane.Round(TLane.MultiplyAdd(n, TLane.Constant(0.5), TLane.Constant(-0.25)));
        TLane y = TLane.Select(IsOdd<TLane, T>(n), Cosine<TLane, T>(r), Sine<TLane, T>(r));
        // -0 keeps its sign because x, not the quadrant alone, gives it.
        TLane sign = TLane.CopySign(TLane.Constant(1), x);
        return y * TLane.Select(IsOdd<TLane, T>(floor), -sign, sign);
    }

    /// <summary>cos(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Cos<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane n = Reduce<TLane, T>(x, out TLane r);
        TLane floor = TLane.Round(TLane.MultiplyAdd(n, TLane.Constant(0.5), TLane.Constant(0.25)));
        TLane y = TLane.Select(IsOdd<TLane, T>(n), Sine<TLane, T>(r), Cosine<TLane, T>(r));
        return TLane.Select(IsOdd<TLane, T>(floor), -y, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Reduce<TLane, T>(TLane x, out TLane r)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane size = TLane.Abs(x);
        TLane n = TLane.Round(size * TLane.Constant(0.6366197723675814));
        // The first difference is exact; the rounding of the second is relative to what is left.
        if (TLane.IsSingle)
        {
            r = TLane.MultiplyAdd(n, TLane.Constant(-1.5707963705062866), size);
            r = TLane.MultiplyAdd(n, TLane.Constant(4.371138828673793e-08), r);
            r = TLane.MultiplyAdd(n, TLane.Constant(1.7151245100058819e-15), r);
        }
        else
        {
            r = TLane.MultiplyAdd(n, TLane.Constant(-1.5707963267948966), size);
            r = TLane.MultiplyAdd(n, TLane.Constant(-6.123233995736766e-17), r);
            r = TLane.MultiplyAdd(n, TLane.Constant(1.4973849048591698e-33), r);
        }
        return n;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane IsOdd<TLane, T>(TLane n)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> =>
        TLane.LessThan(TLane.Constant(0.25), TLane.Abs(TLane.MultiplyAdd(TLane.Round(n * TLane.Constant(0.5)), TLane.Constant(-2), n)));

    /// <summary>sin(r) for |r| up to pi/4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sine<TLane, T>(TLane r)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane z = r * r, p;
        if (TLane.IsSingle)
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(-0.0001951858284883201), TLane.Constant(0.008332191035151482));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.16666655242443085));
        }
        else
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(1.5896741366197043e-10), TLane.Constant(-2.5050757657572667e-08));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(2.7557313692712573e-06));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.00019841269829826066));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.008333333333322465));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.16666666666666632));
        }
        return TLane.MultiplyAdd(r * z, p, r);
    }

    /// <summary>cos(r) for |r| up to pi/4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Cosine<TLane, T>(TLane r)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane z = r * r, p;
        if (TLane.IsSingle)
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(2.4432543796137907e-05), TLane.Constant(-0.0013887310633435845));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.04166664555668831));
        }
        else
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(-1.1358653423244557e-11), TLane.Constant(2.087570377484249e-09));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-2.75573142071171e-07));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(2.4801587288976255e-05));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.0013888888888873318));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.041666666666666595));
        }
        p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.5));
        return TLane.MultiplyAdd(p, z, TLane.Constant(1));
    }
}
