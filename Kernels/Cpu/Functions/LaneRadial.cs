using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary><see cref="RadialFunctions"/> over a lane: both branches are computed and one is taken. A handful of numbers a row, so accuracy and plainness come first.</summary>
internal static class LaneRadial
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Cosh<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane r = TLane.Sqrt(u), half = TLane.Exp(r * TLane.Constant(0.5));
        TLane e = half * TLane.Constant(0.5) * half;
        return e + (TLane.Constant(0.25) / e);
    }

    public static TLane CoshDerivative<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => SinhRatio<TLane, T>(u) * TLane.Constant(0.5);

    public static TLane CoshSecond<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => SinhRatioDerivative<TLane, T>(u) * TLane.Constant(0.5);

    public static TLane SinhRatio<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => Choose<TLane, T>(u, TLane.MultiplyAdd(Series<TLane, T>(u, 0), Near<TLane, T>(u), TLane.Constant(1)), Closed<TLane, T>(u));

    public static TLane SinhRatioDerivative<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => Choose<TLane, T>(u, Series<TLane, T>(u, 1), ClosedDerivative<TLane, T>(u));

    public static TLane SinhRatioSecond<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane half = TLane.Constant(0.5), first = ClosedDerivative<TLane, T>(u);
        return Choose<TLane, T>(u, Series<TLane, T>(u, 2), Kept<TLane, T>(((Closed<TLane, T>(u) * half) - (TLane.Constant(3) * first)) * half / u, first));
    }

    public static TLane LogSinhRatio<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane r = TLane.Sqrt(u), decay = TLane.ExpOfMinusSize(r + r);
        TLane far = r + TLane.Log1p(-decay) - TLane.Constant(0.69314718055994531) - (TLane.Log(u) * TLane.Constant(0.5));
        far = TLane.Select(TLane.EqualTo(u, TLane.Constant(double.PositiveInfinity)), u, far);
        return Choose<TLane, T>(u, TLane.Log1p(Series<TLane, T>(u, 0) * Near<TLane, T>(u)), far);
    }

    public static TLane LogSinhRatioDerivative<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1), r = TLane.Sqrt(u), near = TLane.MultiplyAdd(Series<TLane, T>(u, 0), Near<TLane, T>(u), one);
        return Choose<TLane, T>(u, Series<TLane, T>(u, 1) / near, ((Coth<TLane, T>(r) / r) - (one / u)) * TLane.Constant(0.5));
    }

    public static TLane LogSinhRatioSecond<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1), half = TLane.Constant(0.5), near = TLane.MultiplyAdd(Series<TLane, T>(u, 0), Near<TLane, T>(u), one), slope = Series<TLane, T>(u, 1) / near;
        TLane r = TLane.Sqrt(u), decay = TLane.ExpOfMinusSize(r), scaled = (decay + decay) / (one - (decay * decay));
        TLane far = ((one / u) - (Coth<TLane, T>(r) / r * half) - (scaled * scaled * half)) * half / u;
        return Choose<TLane, T>(u, (Series<TLane, T>(u, 2) / near) - (slope * slope), far);
    }

    public static TLane AsinhRatio<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane s = TLane.Sqrt(u), zero = TLane.Constant(0), one = TLane.Constant(1), ratio = default(AsinhFunction<T>).Value(s) / s;
        ratio = TLane.Select(TLane.EqualTo(u, TLane.Constant(double.PositiveInfinity)), zero, ratio);
        return TLane.Select(TLane.EqualTo(u, zero), one, ratio);
    }

    public static TLane AsinhRatioDerivative<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1), a = AsinhRatio<TLane, T>(u), root = TLane.Sqrt(one + u);
        TLane near = -(Series<TLane, T>(a * a * Near<TLane, T>(u), 1) * a * a * a / root);
        return TLane.Select(TLane.LessThan(u, one), near, ((one / root) - a) * TLane.Constant(0.5) / u);
    }

    public static TLane AsinhRatioSecond<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1), half = TLane.Constant(0.5), a = AsinhRatio<TLane, T>(u), q = one / TLane.Sqrt(one + u), cube = a * a * a;
        TLane w = a * a * Near<TLane, T>(u), s = Series<TLane, T>(w, 1);
        TLane near = (TLane.Constant(3) * s * s * cube * a * a * q * q) + (s * cube * q * q * q * half) - (Series<TLane, T>(w, 2) * cube * a * q * q);
        TLane far = ((-(q / (one + u)) * half) - (TLane.Constant(3) * AsinhRatioDerivative<TLane, T>(u))) * half / u;
        return TLane.Select(TLane.LessThan(u, one), near, far);
    }

    // Derivative number `order` of S, of (S - 1)/u for 0, as a series.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Series<TLane, T>(TLane u, int order) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane x = Near<TLane, T>(u), sum = TLane.Constant(0);
        sum = Term<TLane, T>(sum, x, order, 14, RadialFunctions.C14);
        sum = Term<TLane, T>(sum, x, order, 13, RadialFunctions.C13);
        sum = Term<TLane, T>(sum, x, order, 12, RadialFunctions.C12);
        sum = Term<TLane, T>(sum, x, order, 11, RadialFunctions.C11);
        sum = Term<TLane, T>(sum, x, order, 10, RadialFunctions.C10);
        sum = Term<TLane, T>(sum, x, order, 9, RadialFunctions.C9);
        sum = Term<TLane, T>(sum, x, order, 8, RadialFunctions.C8);
        sum = Term<TLane, T>(sum, x, order, 7, RadialFunctions.C7);
        sum = Term<TLane, T>(sum, x, order, 6, RadialFunctions.C6);
        sum = Term<TLane, T>(sum, x, order, 5, RadialFunctions.C5);
        sum = Term<TLane, T>(sum, x, order, 4, RadialFunctions.C4);
        sum = Term<TLane, T>(sum, x, order, 3, RadialFunctions.C3);
        sum = Term<TLane, T>(sum, x, order, 2, RadialFunctions.C2);
        return order == 2 ? sum : Term<TLane, T>(sum, x, order, 1, RadialFunctions.C1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Term<TLane, T>(TLane sum, TLane x, int order, int k, double c) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => TLane.MultiplyAdd(sum, x, TLane.Constant(order == 0 ? c : order == 1 ? k * c : k * (k - 1) * c));

    // u where the series holds: a large one must not overflow it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Near<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => TLane.Min(TLane.Constant(RadialFunctions.SeriesEnd), u);

    // sinh(r)/r for u beyond the series.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Closed<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane r = TLane.Sqrt(u), half = TLane.Exp(r * TLane.Constant(0.5)), e = half * TLane.Constant(0.5) * half;
        return Kept<TLane, T>((e - (TLane.Constant(0.25) / e)) / r, e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane ClosedDerivative<TLane, T>(TLane u) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane c = Cosh<TLane, T>(u);
        return Kept<TLane, T>((c - Closed<TLane, T>(u)) * TLane.Constant(0.5) / u, c);
    }

    // An infinite e makes the result infinite, where infinity less infinity would make it NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Kept<TLane, T>(TLane x, TLane e) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => TLane.Select(TLane.EqualTo(e, TLane.Constant(double.PositiveInfinity)), e, x);

    // 1 + 2/(e^2r - 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Coth<TLane, T>(TLane r) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane decay = TLane.ExpOfMinusSize(r + r), one = TLane.Constant(1);
        return one + ((decay + decay) / (one - decay));
    }

    // The first below the end of the series, the second above; NaN for negative numbers, whose root is NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Choose<TLane, T>(TLane u, TLane near, TLane far) where TLane : struct, ILane<TLane, T> where T : unmanaged, IFloatingPointIeee754<T>
        => TLane.Select(TLane.LessThan(u, TLane.Constant(0)), TLane.Sqrt(u), TLane.Select(TLane.LessThan(u, TLane.Constant(RadialFunctions.SeriesEnd)), near, far));
}
