using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>The error function and its inverse over a lane.</summary>
/// <remarks>
/// erf: x + x p(x^2) below 0.85, 1 - exp(-x^2) g(t), t = (x - 2)/(x + 2) above (own fits), pieces in float with 512 bits. Inverse: the rational functions of
/// Wichura 1988 (algorithm AS 241); in float by way of double. Within 2 ulp in float; in double erf within 2, the inverse within 4 (6 without fused multiply-add).
/// </remarks>
internal static class LaneErf
{
    // Wichura's numerators with 1/sqrt(2) (in the centre its half) multiplied in: one rounding less.
    private static readonly double[] CentreTop =
    [
        1.1975323115670913, 47.07268811238398, 697.062665343896, 4854.886889384388,
        16235.862515167575, 23782.041382114385, 11819.493347062295, 887.0940696254552,
    ];
    private static readonly double[] TailTop =
    [
        1.006522033603688, 3.274143290202006, 4.079650609331799, 2.579418287180049,
        0.8983496455234804, 0.17096479033317635, 0.016068184886544188, 0.0005476860319304465,
    ];
    private static readonly double[] FarTop =
    [
        4.707849521913034, 3.8634793616288836, 1.2620629496172389, 0.209699991372496,
        0.01876109113396867, 0.0008786939826138098, 1.9173593302226658e-05, 1.4215210861921614e-07,
    ];

    /// <summary>erf(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Erf<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (Vector512.IsHardwareAccelerated && typeof(T) == typeof(float)) return TLane.Narrow(WidePieces.Erf(TLane.Widen(x).AsSingle()).As<float, T>());
        TLane a = TLane.Min(TLane.Constant(6), TLane.Abs(x)), two = TLane.Constant(2), z = a * a;
        TLane t = LaneMath.Quotient<TLane, T>(a - two, a + two);
        TLane p, g;
        if (typeof(T) == typeof(float))
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(7.790264498908073e-05), TLane.Constant(-0.0008013741462491453));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.005190243013203144));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.026855221018195152));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.11283621937036514));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.3761262893676758));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.12837916612625122));
            g = TLane.MultiplyAdd(t, TLane.Constant(0.007042952813208103), TLane.Constant(0.003572209272533655));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.0790376365184784));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.24165089428424835));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.4271860718727112));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.25539568066596985));
        }
        else
        {
            p = TLane.MultiplyAdd(z, TLane.Constant(1.0581680751277622e-08), TLane.Constant(-1.5664178974394134e-07));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(1.6394228801220944e-06));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-1.4921519882366359e-05));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.0001205517045964546));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.0008548322899998825));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.005223977560045432));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.026866170639070423));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.11283791670926313));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(-0.3761263890318322));
            p = TLane.MultiplyAdd(p, z, TLane.Constant(0.12837916709551256));
            g = TLane.MultiplyAdd(t, TLane.Constant(-1.0611704015947202e-05), TLane.Constant(-2.3771585656448745e-05));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(2.898791485237269e-05));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.0001744394217879482));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(4.345234646001025e-05));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.0009820040363756428));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.0008471436435472642));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.00699746240881883));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.0037328924752873115));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.07897858101789615));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.24165819424193727));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(-0.4271858474139682));
            g = TLane.MultiplyAdd(g, t, TLane.Constant(0.2553956763105061));
        }
        // x itself is exact, and most of the result.
        TLane near = TLane.MultiplyAdd(a, p, a);
        TLane far = TLane.Constant(1) - (LaneExp.Exp<TLane, T>(-z) * g);
        return TLane.CopySign(TLane.Select(TLane.LessThan(a, TLane.Constant(0.85)), near, far), x);
    }

    /// <summary>The inverse of erf: infinite at -1 and 1, NaN outside.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane ErfInverse<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double)) return InverseInDouble<TLane, T>(x);
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<float> wide = TLane.Widen(x).AsSingle();
            Vector512<double> low = Vector512Lane<double>.Widen(InverseInDouble<Vector512Lane<double>, double>(Vector512Lane<double>.Narrow(Vector512.WidenLower(wide))));
            Vector512<double> high = Vector512Lane<double>.Widen(InverseInDouble<Vector512Lane<double>, double>(Vector512Lane<double>.Narrow(Vector512.WidenUpper(wide))));
            return TLane.Narrow(Vector512.Narrow(low, high).As<float, T>());
        }
        return InverseByElement<TLane, T>(x);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static unsafe TLane InverseByElement<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T* buffer = stackalloc T[TLane.Width];
        TLane.Store(x, buffer);
        for (int i = 0; i < TLane.Width; i++)
        {
            double y;
            ScalarLane<double>.Store(InverseInDouble<ScalarLane<double>, double>(ScalarLane<double>.Broadcast(double.CreateTruncating(buffer[i]))), &y);
            buffer[i] = T.CreateTruncating(y);
        }
        return TLane.Load(buffer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLane InverseInDouble<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane a = TLane.Abs(x), half = TLane.Constant(0.5);
        // The normal quantile of 1/2 + x/2, over sqrt(2). Beyond 0.85 from the tail's probability, (1 - |x|)/2, which is exact.
        TLane r = TLane.MultiplyAdd(a * TLane.Constant(-0.25), a, TLane.Constant(0.180625));
        TLane y = a * Ratio<TLane, T>(r, CentreTop, NormalFunctions.CentreBottom);
        TLane isTail = TLane.LessThan(TLane.Constant(0.85), a);
        if (TLane.Any(isTail))
        {
            TLane tail = TLane.MultiplyAdd(a, -half, half);
            TLane root = TLane.Sqrt(-LaneLog.Log<TLane, T>(tail));
            TLane shifted = root - TLane.Constant(1.6);
            TLane outer = Ratio<TLane, T>(shifted, TailTop, NormalFunctions.TailBottom);
            TLane isFar = TLane.LessThan(TLane.Constant(5), root);
            if (TLane.Any(isFar)) outer = TLane.Select(isFar, Ratio<TLane, T>(root - TLane.Constant(5), FarTop, NormalFunctions.FarBottom), outer);
            outer = TLane.Select(TLane.EqualTo(a, TLane.Constant(1)), TLane.Constant(double.PositiveInfinity), outer);
            y = TLane.Select(isTail, outer, y);
        }
        return TLane.CopySign(y, x);
    }

    private static TLane Ratio<TLane, T>(TLane x, double[] top, double[] bottom)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane p = TLane.Constant(top[7]), q = TLane.Constant(bottom[7]);
        for (int k = 6; k >= 0; k--)
        {
            p = TLane.MultiplyAdd(p, x, TLane.Constant(top[k]));
            q = TLane.MultiplyAdd(q, x, TLane.Constant(bottom[k]));
        }
        return p / q;
    }
}
