using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>log and log(1 + x) over 512 bits: u = 2^e m with m in [3/4, 3/2), log(u) = e ln 2 + log(c) + log(1 + r), r = m/c - 1, with 1/c and log(c) for sixteen stretches of m out of registers.</summary>
/// <remarks>
/// The 1/c are such that the last bit of the tabled logarithm (below one: log(2c), since e is then one less) is right by luck, so the sum with e ln 2 loses nothing;
/// next to m = 1 c is 1. Zero, infinity, NaN, negative and subnormal numbers come out of the instructions. Own tables and fits.
/// </remarks>
internal static class WideLog
{
    private const byte ThreeQuartersNaNIfNegative = 15;
    private const byte OneWithoutSign = 4;

    private static Vector512<float> Inverses
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1f, 0.91421777f, 0.8649127f, 0.8205766f, 0.7804539f, 0.7441565f, 0.7110637f, 0.6809022f,
            1.3061217f, 1.2549529f, 1.2075781f, 1.1636367f, 1.1227708f, 1.0846995f, 1.0492033f, 1f);
    }

    private static Vector512<float> Logarithms
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            0f, 0.089686476f, 0.14512672f, 0.197748f, 0.24787958f, 0.29550394f, 0.3409933f, 0.38433662f,
            0.42608497f, 0.46604913f, 0.50453043f, 0.541597f, 0.57734764f, 0.6118442f, 0.6451161f, 0.6931472f);
    }

    /// <summary>log(x): -infinity at 0, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log(Vector512<float> x)
    {
        Vector512<float> r = Reduce(x, out Vector512<float> high, out _, out _);
        return high + Log1pOfReduced(r);
    }

    /// <summary>log(x): -infinity at 0, NaN below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log(Vector512<double> x)
    {
        Vector512<double> r = Reduce(x, out Vector512<double> high, out _, out _);
        return high + Log1pOfReduced(r);
    }

    /// <summary>log(1 + x), relatively accurate near zero, the sign of zero kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1p(Vector512<float> x)
    {
        Vector512<float> one = Vector512.Create(1f);
        Vector512<float> u = one + x, z = u - one;
        return Vector512.CopySign(LogOfSum(u, (x - z) + (one - (u - z))), x);
    }

    /// <summary>log(1 + x), relatively accurate near zero, the sign of zero kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log1p(Vector512<double> x)
    {
        Vector512<double> one = Vector512.Create(1.0);
        Vector512<double> u = one + x, z = u - one;
        return Vector512.CopySign(LogOfSum(u, (x - z) + (one - (u - z))), x);
    }

    /// <summary>log(u + rest) for a rest below the last place of u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LogOfSum(Vector512<float> u, Vector512<float> rest)
    {
        Vector512<float> r = Reduce(u, out Vector512<float> high, out Vector512<float> inverse, out Vector512<float> m);
        // The rest on the scale of m; a large u does not feel it, an infinite one has none.
        Vector512<float> scale = Vector512.MinNative(Vector512.Create(64f), Avx512F.GetExponent(m) - Avx512F.GetExponent(u));
        Vector512<float> small = Avx512F.Scale(rest, scale) * inverse;
        r += Vector512.ConditionalSelect(Vector512.LessThan(u, Vector512.Create(1e30f)), small, Vector512<float>.Zero);
        return high + Log1pOfReduced(r);
    }

    /// <summary>log(u + rest) for a rest below the last place of u.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> LogOfSum(Vector512<double> u, Vector512<double> rest)
    {
        Vector512<double> r = Reduce(u, out Vector512<double> high, out Vector512<double> inverse, out Vector512<double> m);
        Vector512<double> scale = Vector512.MinNative(Vector512.Create(64.0), Avx512F.GetExponent(m) - Avx512F.GetExponent(u));
        Vector512<double> small = Avx512F.Scale(rest, scale) * inverse;
        r += Vector512.ConditionalSelect(Vector512.LessThan(u, Vector512.Create(1e30)), small, Vector512<double>.Zero);
        return high + Log1pOfReduced(r);
    }

    /// <summary>log(1 + x) for x in [0, 1] only: no exponent to take apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Log1pOfUnit(Vector512<float> x)
    {
        // The nearest sixteenth of x, 0 to 16, in the low bits.
        Vector512<int> k = (x + Vector512.Create(786432f)).AsInt32();
        Vector512<float> inverse = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                1f, 0.9411765f, 0.888967f, 0.84220386f, 0.8001191f, 0.761908f, 0.7273885f, 0.6957193f,
                0.666792f, 0.63999236f, 0.6153093f, 0.5925926f, 0.5715355f, 0.5516705f, 0.5332716f, 0.51609015f),
            k,
            Vector512.Create(0.49997163f));
        Vector512<float> high = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0f, 0.060624618f, 0.11769519f, 0.17173319f, 0.22299469f, 0.27192947f, 0.31829455f, 0.362809f,
                0.40527716f, 0.44629905f, 0.4856302f, 0.52324814f, 0.55942863f, 0.59480435f, 0.6287244f, 0.6614738f),
            k,
            Vector512.Create(0.6932039f));
        return high + Log1pOfReduced(Vector512.FusedMultiplyAdd(x, inverse, inverse - Vector512.Create(1f)));
    }

    /// <summary>log(1 + x) for x in [0, 1] only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Log1pOfUnit(Vector512<double> x)
    {
        Vector512<double> u = Vector512.Create(1.0) + x;
        Vector512<double> r = Reduce(u, out Vector512<double> high, out Vector512<double> inverse, out Vector512<double> m);
        Vector512<double> rest = x - (u - Vector512.Create(1.0));
        // u is 2^e m with e 0 or 1 (m below one).
        Vector512<double> half = Vector512.ConditionalSelect(Vector512.LessThan(m, Vector512.Create(1.0)), Vector512.Create(0.5), Vector512.Create(1.0));
        return high + Log1pOfReduced(Vector512.FusedMultiplyAdd(rest * half, inverse, r));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reduce(Vector512<float> x, out Vector512<float> high, out Vector512<float> inverse, out Vector512<float> m)
    {
        m = Avx512F.GetMantissa(x, ThreeQuartersNaNIfNegative);
        // The upper four bits of the mantissa: the stretch.
        Vector512<int> stretch = Vector512.ShiftRightLogical(m.AsInt32(), 19);
        inverse = Avx512F.PermuteVar16x32(Inverses, stretch);
        high = Vector512.FusedMultiplyAdd(Avx512F.GetExponent(x), Vector512.Create(0.693147182f), Avx512F.PermuteVar16x32(Logarithms, stretch));
        return Vector512.FusedMultiplyAdd(m, inverse, Vector512.Create(-1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Reduce(Vector512<double> x, out Vector512<double> high, out Vector512<double> inverse, out Vector512<double> m)
    {
        m = Avx512F.GetMantissa(x, ThreeQuartersNaNIfNegative);
        Vector512<long> stretch = Vector512.ShiftRightLogical(m.AsInt64(), 48);
        inverse = Avx512F.PermuteVar8x64x2(
            Vector512.Create(
                1.0, 0.9142834517971745, 0.864862724673003, 0.8205094188451767,
                0.7804852743383225, 0.7441878318028567, 0.7111156594215168, 0.6808520626435254),
            stretch,
            Vector512.Create(
                1.3061274274689505, 1.2548906230276413, 1.2075551034671799, 1.1636227819899265,
                1.1228143208937948, 1.0847517704212313, 1.0491833022841421, 1.0));
        Vector512<double> logarithm = Avx512F.PermuteVar8x64x2(
            Vector512.Create(
                0.0, 0.08961463328958932, 0.14518448444440005, 0.19782988912095456,
                0.2478394061638617, 0.2954618139116247, 0.34092019092953996, 0.3844102319037302),
            stretch,
            Vector512.Create(
                0.42608058366224916, 0.46609876474026135, 0.5045494407152197, 0.5416089542282664,
                0.577308860509942, 0.6117960027642569, 0.6451351263880303, 0.6931471805599453));
        high = Vector512.FusedMultiplyAdd(Avx512F.GetExponent(x), Vector512.Create(0.6931471805599453), logarithm);
        return Vector512.FusedMultiplyAdd(m, inverse, Vector512.Create(-1.0));
    }

    // For r in [-1/30, 1/16].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Log1pOfReduced(Vector512<float> r)
    {
        Vector512<float> square = r * r;
        Vector512<float> high = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.189460188f), Vector512.Create(-0.250138283f));
        Vector512<float> low = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.333344847f), Vector512.Create(-0.499999970f));
        return Vector512.FusedMultiplyAdd(square, Vector512.FusedMultiplyAdd(square, high, low), r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Log1pOfReduced(Vector512<double> r)
    {
        // Estrin's order: the chain of a Horner scheme would be the longest wait in the loop.
        Vector512<double> square = r * r;
        Vector512<double> a = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.33333333333350285), Vector512.Create(-0.4999999999999999));
        Vector512<double> b = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.19999999923099107), Vector512.Create(-0.25000000000245726));
        Vector512<double> c = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.14285810625867582), Vector512.Create(-0.16666665263492159));
        Vector512<double> d = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.11083893572032016), Vector512.Create(-0.12502382764298628));
        d = Vector512.FusedMultiplyAdd(square, Vector512.Create(-0.08823607785137812), d);
        c = Vector512.FusedMultiplyAdd(d, square, c);
        b = Vector512.FusedMultiplyAdd(c, square, b);
        a = Vector512.FusedMultiplyAdd(b, square, a);
        return Vector512.FusedMultiplyAdd(square, a, r);
    }

    /// <summary>|x| = m 2^e with m in [1, 2): product *= m, exponents += e. So the sum of many logarithms costs one. Zero and infinity go into the exponents, NaN into the product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate<T>(Vector512<T> x, ref Vector512<T> product, ref Vector512<T> exponents)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            product *= Avx512F.GetMantissa(x.AsSingle(), OneWithoutSign).As<float, T>();
            exponents += Avx512F.GetExponent(x.AsSingle()).As<float, T>();
        }
        else
        {
            product *= Avx512F.GetMantissa(x.AsDouble(), OneWithoutSign).As<double, T>();
            exponents += Avx512F.GetExponent(x.AsDouble()).As<double, T>();
        }
    }
}
