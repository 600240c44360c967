using System.Numerics;

namespace NativeFlow.Kernels;

/// <summary>The scalar meaning of what <see cref="IFloatingPointIeee754{TSelf}"/> lacks or computes inaccurately (its LogP1 is log(x + 1), its ExpM1 exp(x) - 1).</summary>
internal static class ScalarMath
{
    // 1 + x is rounded, but log(u) x / (u - 1) undoes the rounding: both factors see the same u (Kahan).
    public static T Log1p<T>(T x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T u = T.One + x;
        if (u == T.One) return x;
        if (!T.IsFinite(u) || u == T.Zero) return T.Log(u);
        return T.Log(u) * (x / (u - T.One));
    }

    public static T Expm1<T>(T x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T u = T.Exp(x);
        if (u == T.One) return x;
        T difference = u - T.One;
        if (difference == -T.One || !T.IsFinite(u)) return difference;
        return difference * (x / T.Log(u));
    }

    public static T Sigmoid<T>(T x) where T : unmanaged, IFloatingPointIeee754<T>
    {
        T e = T.Exp(-T.Abs(x));
        return x < T.Zero ? e / (T.One + e) : T.One / (T.One + e);
    }

    public static T Softplus<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> =>
        (x < T.Zero ? T.Zero : x) + Log1p(T.Exp(-T.Abs(x)));

    public static T KeepNaN<T>(T x, T otherwise) where T : unmanaged, IFloatingPointIeee754<T> =>
        T.IsNaN(x) ? x : otherwise;

    public static T Number<T>(double value) where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(value);
}
