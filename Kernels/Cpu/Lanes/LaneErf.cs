using System.Numerics;
using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels;

/// <summary>The error function and its inverse over a lane.</summary>
/// <remarks>
/// erf: x + x p(x^2) below 0.85, 1 - exp(-x^2) g(t), t = (x - 2)/(x + 2) above (own fits). Inverse: the rational functions of
/// Wichura 1988 (algorithm AS 241); in float by way of double. Within 2 ulp in float; in double erf within 2, the inverse within 4 (6 without fused multiply-add).
/// </remarks>
internal static class LaneErf
{
    /// <summary>erf(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLane Erf<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane a = TLane.Min(TLane.Constant(6), TLane.Abs(x)), two = TLane.Constant(2), z = a * a;
        TLane t = TLane.Quotient(a - two, a + two);
        TLane p, g;
        if (TLane.IsSingle)
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
        TLane far = TLane.Constant(1) - (TLane.Exp(-z) * g);
        return TLane.CopySign(TLane.Select(TLane.LessThan(a, TLane.Constant(0.85)), near, far), x);
    }

    /// <summary>The inverse of erf: infinite at -1 and 1, NaN outside. For double; a float goes through it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TLane ErfInverse<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane a = TLane.Abs(x), half = TLane.Constant(0.5);
        // The normal quantile of 1/2 + x/2, over sqrt(2). Beyond 0.85 from the tail's probability, (1 - |x|)/2, which is exact.
        TLane r = TLane.MultiplyAdd(a * TLane.Constant(-0.25), a, TLane.Constant(0.180625));
        TLane y = a * Centre<TLane, T>(r);
        TLane isTail = TLane.LessThan(TLane.Constant(0.85), a);
        if (TLane.Any(isTail))
        {
            TLane tail = TLane.MultiplyAdd(a, -half, half);
            TLane root = TLane.Sqrt(-TLane.Log(tail));
            TLane outer = Tail<TLane, T>(root - TLane.Constant(1.6));
            TLane isFar = TLane.LessThan(TLane.Constant(5), root);
            if (TLane.Any(isFar)) outer = TLane.Select(isFar, Far<TLane, T>(root - TLane.Constant(5)), outer);
            outer = TLane.Select(TLane.EqualTo(a, TLane.Constant(1)), TLane.Constant(double.PositiveInfinity), outer);
            y = TLane.Select(isTail, outer, y);
        }
        return TLane.CopySign(y, x);
    }

    // Wichura's quotients, the numerators with 1/sqrt(2) (in the centre its half) multiplied in: one rounding less.
    private static TLane Centre<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Polynomial<TLane, T>(
            x, 1.1975323115670913, 47.07268811238398, 697.062665343896, 4854.886889384388,
            16235.862515167575, 23782.041382114385, 11819.493347062295, 887.0940696254552)
        / Polynomial<TLane, T>(
            x, 1, NormalFunctions.Centre1, NormalFunctions.Centre2, NormalFunctions.Centre3,
            NormalFunctions.Centre4, NormalFunctions.Centre5, NormalFunctions.Centre6, NormalFunctions.Centre7);

    private static TLane Tail<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Polynomial<TLane, T>(
            x, 1.006522033603688, 3.274143290202006, 4.079650609331799, 2.579418287180049,
            0.8983496455234804, 0.17096479033317635, 0.016068184886544188, 0.0005476860319304465)
        / Polynomial<TLane, T>(
            x, 1, NormalFunctions.Tail1, NormalFunctions.Tail2, NormalFunctions.Tail3,
            NormalFunctions.Tail4, NormalFunctions.Tail5, NormalFunctions.Tail6, NormalFunctions.Tail7);

    private static TLane Far<TLane, T>(TLane x)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
        => Polynomial<TLane, T>(
            x, 4.707849521913034, 3.8634793616288836, 1.2620629496172389, 0.209699991372496,
            0.01876109113396867, 0.0008786939826138098, 1.9173593302226658e-05, 1.4215210861921614e-07)
        / Polynomial<TLane, T>(
            x, 1, NormalFunctions.Far1, NormalFunctions.Far2, NormalFunctions.Far3,
            NormalFunctions.Far4, NormalFunctions.Far5, NormalFunctions.Far6, NormalFunctions.Far7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLane Polynomial<TLane, T>(TLane x, double c0, double c1, double c2, double c3, double c4, double c5, double c6, double c7)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane p = TLane.MultiplyAdd(TLane.Constant(c7), x, TLane.Constant(c6));
        p = TLane.MultiplyAdd(p, x, TLane.Constant(c5));
        p = TLane.MultiplyAdd(p, x, TLane.Constant(c4));
        p = TLane.MultiplyAdd(p, x, TLane.Constant(c3));
        p = TLane.MultiplyAdd(p, x, TLane.Constant(c2));
        p = TLane.MultiplyAdd(p, x, TLane.Constant(c1));
        return TLane.MultiplyAdd(p, x, TLane.Constant(c0));
    }
}
