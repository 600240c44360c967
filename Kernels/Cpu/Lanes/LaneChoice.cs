using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>How the CPU's lanes compute a function: by tables in registers where the machine has 512 bits, else by the polynomials, which devices use too.</summary>
internal static unsafe class LaneChoice
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Exp<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.Exp(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Exp(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneExp.Exp<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane ExpOfMinusSize<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.ExpOfMinusSize(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.ExpOfMinusSize(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneExp.ExpOfMinusSize<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Expm1<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.Expm1(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Expm1(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneExp.Expm1<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideLog.Log(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideLog.Log(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneLog.Log<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log1p<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideLog.Log1p(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideLog.Log1p(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneLog.Log1p<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Log1pOfUnit<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideLog.Log1pOfUnit(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideLog.Log1pOfUnit(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneLog.Log1pOfUnit<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sigmoid<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.Sigmoid(TLane.Widen(x).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Sigmoid(TLane.Widen(x).AsDouble()).As<double, T>());
        }
        return LaneMath.Sigmoid<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane SigmoidOf<TLane, T>(TLane x, TLane e)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.SigmoidOf(TLane.Widen(x).AsSingle(), TLane.Widen(e).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.SigmoidOf(TLane.Widen(x).AsDouble(), TLane.Widen(e).AsDouble()).As<double, T>());
        }
        return LaneMath.SigmoidOf<TLane, T>(x, e);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Quotient<TLane, T>(TLane a, TLane b)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated)
        {
            if (TLane.IsSingle) return TLane.Narrow(WideExp.Quotient(TLane.Widen(a).AsSingle(), TLane.Widen(b).AsSingle()).As<float, T>());
            return TLane.Narrow(WideExp.Quotient(TLane.Widen(a).AsDouble(), TLane.Widen(b).AsDouble()).As<double, T>());
        }
        return a / b;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Tanh<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated && TLane.IsSingle) return TLane.Narrow(WidePieces.Tanh(TLane.Widen(x).AsSingle()).As<float, T>());
        return LaneTanh.Tanh<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Erf<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated && TLane.IsSingle) return TLane.Narrow(WidePieces.Erf(TLane.Widen(x).AsSingle()).As<float, T>());
        return LaneErf.Erf<TLane, T>(x);
    }

    /// <summary>In float by way of double: two halves in 512 bits, or element by element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane ErfInverse<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!TLane.IsSingle) return LaneErf.ErfInverse<TLane, T>(x);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> wide = TLane.Widen(x).AsSingle();
            return TLane.Narrow(Vector512.Narrow(ErfInverse(Vector512.WidenLower(wide)), ErfInverse(Vector512.WidenUpper(wide))).As<float, T>());
        }
        return ErfInverseByElement<TLane, T>(x);
    }

    /// <summary>Where three-part reduction needs fused multiply-add and there is none, and beyond its limit, the library's own function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Sin<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!ScalarLane<T>.IsFused) return TrigByElement<TLane, T>(x, x, sine: true, all: true);
        TLane y = LaneTrig.Sin<TLane, T>(x);
        return IsFar<TLane, T>(x) ? TrigByElement<TLane, T>(x, y, sine: true, all: false) : y;
    }

    /// <summary>As <see cref="Sin"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Cos<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (!ScalarLane<T>.IsFused) return TrigByElement<TLane, T>(x, x, sine: false, all: true);
        TLane y = LaneTrig.Cos<TLane, T>(x);
        return IsFar<TLane, T>(x) ? TrigByElement<TLane, T>(x, y, sine: false, all: false) : y;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsFar<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T> => TLane.Any(TLane.LessThan(TLane.Constant(LaneTrig.Limit), TLane.Abs(x)));

    private static Vector512<double> ErfInverse(Vector512<double> x)
        => Vector512Lane<double>.Widen(LaneErf.ErfInverse<Vector512Lane<double>, double>(Vector512Lane<double>.Narrow(x)));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane ErfInverseByElement<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* buffer = stackalloc T[TLane.Width];
        TLane.Store(x, buffer);
        for (int i = 0; i < TLane.Width; i++)
            buffer[i] = T.CreateTruncating(ScalarLane<double>.First(LaneErf.ErfInverse<ScalarLane<double>, double>(ScalarLane<double>.Broadcast(double.CreateTruncating(buffer[i])))));
        return TLane.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane TrigByElement<TLane, T>(TLane x, TLane y, bool sine, bool all)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* from = stackalloc T[TLane.Width], to = stackalloc T[TLane.Width];
        TLane.Store(x, from);
        TLane.Store(y, to);
        for (int i = 0; i < TLane.Width; i++)
            if (all || T.Abs(from[i]) > T.CreateTruncating(LaneTrig.Limit)) to[i] = sine ? T.Sin(from[i]) : T.Cos(from[i]);
        return TLane.Load(to);
    }
}
