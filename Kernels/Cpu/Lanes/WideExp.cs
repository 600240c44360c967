using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>exp and its relatives over 512 bits: x = n ln(2) / 16 + r, exp(x) = 2^floor(n/16) 2^((n mod 16)/16) exp(r), the middle factor out of a register.</summary>
/// <remarks>Every lane of a machine with AVX-512 computes through these, so that the bits do not depend on the width. Own polynomial fits.</remarks>
internal static class WideExp
{
    private static Vector512<float> Roots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1f, 1.04427378f, 1.0905077f, 1.1387886f, 1.1892071f, 1.2418578f, 1.2968396f, 1.3542555f,
            1.41421356f, 1.47682615f, 1.5422108f, 1.6104903f, 1.6817928f, 1.7562522f, 1.8340081f, 1.9152066f);
    }

    private static Vector512<double> LowRoots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1.0, 1.0442737824274138, 1.0905077326652577, 1.1387886347566916,
            1.189207115002721, 1.241857812073484, 1.2968395546510096, 1.3542555469368927);
    }

    private static Vector512<double> HighRoots
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.Create(
            1.4142135623730951, 1.4768261459394993, 1.5422108254079407, 1.6104903319492543,
            1.681792830507429, 1.7562521603732995, 1.8340080864093424, 1.9152065613971474);
    }

    /// <summary>exp(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) =>
        // Beyond these bounds the result is 0 or infinity anyway; a NaN passes (second operand).
        ExpOfBounded(Vector512.MaxNative(Vector512.Create(-105f), Vector512.MinNative(Vector512.Create(89f), x)));

    /// <summary>exp(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Exp(Vector512<double> x) =>
        ExpOfBounded(Vector512.MaxNative(Vector512.Create(-746.0), Vector512.MinNative(Vector512.Create(710.0), x)));

    /// <summary>exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfMinusSize(Vector512<float> x) =>
        ExpOfBounded(Vector512.MaxNative(Vector512.Create(-105f), x | Vector512.Create(-0f)));

    /// <summary>exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ExpOfMinusSize(Vector512<double> x) =>
        ExpOfBounded(Vector512.MaxNative(Vector512.Create(-746.0), x | Vector512.Create(-0.0)));

    /// <summary>exp(x) for |x| up to a few hundred.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfBounded(Vector512<float> x)
    {
        Vector512<float> r = Reduce(x, out Vector512<float> n, out Vector512<int> k);
        Vector512<float> root = Avx512F.PermuteVar16x32(Roots, k);
        Vector512<float> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.166670159f), Vector512.Create(0.500016570f));
        Vector512<float> q = Vector512.FusedMultiplyAdd(r * r, p, r);
        // The scaling takes the floor of n, and is right for subnormal results.
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, root), n);
    }

    /// <summary>exp(x) for |x| up to a few thousand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ExpOfBounded(Vector512<double> x)
    {
        Vector512<double> r = Reduce(x, out Vector512<double> n, out Vector512<long> k);
        Vector512<double> root = Avx512F.PermuteVar8x64x2(LowRoots, k, HighRoots);
        // Estrin's order: a shorter chain than Horner's.
        Vector512<double> square = r * r;
        Vector512<double> high = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.008333474777230211), Vector512.Create(0.04166666665975648));
        Vector512<double> low = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.1666666666432411), Vector512.Create(0.5000000000000006));
        high = Vector512.FusedMultiplyAdd(square, Vector512.Create(0.0013889127421129605), high);
        Vector512<double> q = Vector512.FusedMultiplyAdd(square, Vector512.FusedMultiplyAdd(square, high, low), r);
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, root), n);
    }

    /// <summary>exp(x) - 1 = 2^n (root q + rest of root + (root - 2^-n)), relatively accurate near zero, the sign of zero kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Expm1(Vector512<float> x)
    {
        Vector512<float> r = Reduce(Vector512.MaxNative(Vector512.Create(-20f), Vector512.MinNative(Vector512.Create(89f), x)), out Vector512<float> n, out Vector512<int> k);
        Vector512<float> root = Avx512F.PermuteVar16x32(Roots, k);
        Vector512<float> rest = Avx512F.PermuteVar16x32(
            Vector512.Create(
                0f, 4.83347e-08f, -1.307754e-08f, 5.3862223e-08f, 3.7976353e-08f, 4.496838e-08f, -4.0189995e-08f, -1.0123349e-08f,
                2.4203235e-08f, -4.500899e-08f, 8.070905e-09f, 9.836217e-09f, -2.4755327e-08f, -9.23577e-09f, -1.1239278e-08f, 9.845328e-09f),
            k);
        // One term more than for exp, for the relative accuracy of r q.
        Vector512<float> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.0416671336f), Vector512.Create(0.166669980f));
        Vector512<float> q = Vector512.FusedMultiplyAdd(r * r, Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f)), r);
        n = Vector512.Floor(n);
        Vector512<float> one = Avx512F.Scale(Vector512.Create(1f), -n);
        return Vector512.CopySign(Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, rest) + (root - one), n), x);
    }

    /// <summary>exp(x) - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Expm1(Vector512<double> x)
    {
        Vector512<double> r = Reduce(Vector512.MaxNative(Vector512.Create(-40.0), Vector512.MinNative(Vector512.Create(710.0), x)), out Vector512<double> n, out Vector512<long> k);
        Vector512<double> root = Avx512F.PermuteVar8x64x2(LowRoots, k, HighRoots);
        Vector512<double> rest = Avx512F.PermuteVar8x64x2(
            Vector512.Create(
                0.0, 8.551889705537965e-17, -3.046782079812471e-17, 8.912812676025408e-17,
                3.982015231465646e-17, 4.658027591836937e-17, 2.5382502794888315e-17, 7.70094837980299e-17),
            k,
            Vector512.Create(
                -9.667293313452913e-17, -3.483994556892796e-17, 7.949834809697621e-17, 2.4707192569797888e-17,
                8.199010020581497e-17, 2.960140695448873e-17, 3.283107224245627e-17, -1.0619946056195963e-16));
        Vector512<double> square = r * r;
        Vector512<double> high = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.00019841828903044732), Vector512.Create(0.0013889101439474463));
        Vector512<double> mid = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.008333333330922482), Vector512.Create(0.041666666661402875));
        Vector512<double> low = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.16666666666666688), Vector512.Create(0.5000000000000003));
        low = Vector512.FusedMultiplyAdd(square, Vector512.FusedMultiplyAdd(square, high, mid), low);
        Vector512<double> q = Vector512.FusedMultiplyAdd(square, low, r);
        n = Vector512.Floor(n);
        Vector512<double> one = Avx512F.Scale(Vector512.Create(1.0), -n);
        return Vector512.CopySign(Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, rest) + (root - one), n), x);
    }

    /// <summary>a / b for b between 1 and 1e30: within 0.51 ulp, and faster than the divider.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Quotient(Vector512<float> a, Vector512<float> b)
    {
        Vector512<float> inverse = Avx512F.Reciprocal14(b);
        Vector512<float> y = a * inverse;
        return Vector512.FusedMultiplyAdd(Avx512F.FusedMultiplyAddNegated(b, y, a), inverse, y);
    }

    /// <summary>a / b for b between 1 and 1e30: within 0.51 ulp, and faster than the divider.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Quotient(Vector512<double> a, Vector512<double> b)
    {
        Vector512<double> one = Vector512.Create(1.0);
        Vector512<double> inverse = Avx512F.Reciprocal14(b);
        inverse = Vector512.FusedMultiplyAdd(Avx512F.FusedMultiplyAddNegated(b, inverse, one), inverse, inverse);
        Vector512<double> y = a * inverse;
        // The remainder is 2^-28 of a; one correction of the inverse serves both halves.
        Vector512<double> rest = Avx512F.FusedMultiplyAddNegated(b, y, a);
        y = Vector512.FusedMultiplyAdd(rest, inverse, y);
        return Vector512.FusedMultiplyAdd(Avx512F.FusedMultiplyAddNegated(b, y, a), inverse, y);
    }

    /// <summary>1/(1 + exp(-x)), given e = exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SigmoidOf(Vector512<float> x, Vector512<float> e) =>
        Quotient(Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<float>.Zero), e, Vector512.Create(1f)), Vector512.Create(1f) + e);

    /// <summary>1/(1 + exp(-x)), given e = exp(-|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> SigmoidOf(Vector512<double> x, Vector512<double> e) =>
        Quotient(Vector512.ConditionalSelect(Vector512.LessThan(x, Vector512<double>.Zero), e, Vector512.Create(1.0)), Vector512.Create(1.0) + e);

    /// <summary>1/(1 + exp(-x)) = e/(1 + e), e = exp(x): relatively accurate in the lower tail; bounded above, where it is 1 anyway.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x)
    {
        Vector512<float> e = ExpOfBounded(Vector512.MaxNative(Vector512.Create(-105f), Vector512.MinNative(Vector512.Create(30f), x)));
        Vector512<float> inverse = Avx512F.Reciprocal14(Vector512.Create(1f) + e);
        Vector512<float> y = e * inverse;
        // The remainder without the rounding of 1 + e.
        return Vector512.FusedMultiplyAdd(Avx512F.FusedMultiplyAddNegated(y, e, e - y), inverse, y);
    }

    /// <summary>1/(1 + exp(-x)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Sigmoid(Vector512<double> x)
    {
        Vector512<double> e = ExpOfBounded(Vector512.MaxNative(Vector512.Create(-746.0), Vector512.MinNative(Vector512.Create(50.0), x)));
        return Quotient(e, Vector512.Create(1.0) + e);
    }

    // The rest r; n in sixteenths, and in the low bits of k their number modulo 16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Reduce(Vector512<float> x, out Vector512<float> n, out Vector512<int> k)
    {
        // 1.5 2^19 has its last bit at 1/16: adding it rounds to sixteenths and leaves their number in the low bits.
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269502f), Vector512.Create(786432f));
        k = shifted.AsInt32();
        n = shifted - Vector512.Create(786432f);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693147182f), x);
        return Vector512.FusedMultiplyAdd(n, Vector512.Create(1.90465421e-09f), r);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Reduce(Vector512<double> x, out Vector512<double> n, out Vector512<long> k)
    {
        Vector512<double> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.4426950408889634), Vector512.Create(422212465065984.0));
        k = shifted.AsInt64();
        n = shifted - Vector512.Create(422212465065984.0);
        Vector512<double> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.6931471805599453), x);
        return Vector512.FusedMultiplyAdd(n, Vector512.Create(-2.3190468138462996e-17), r);
    }
}
