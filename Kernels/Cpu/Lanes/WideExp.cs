using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>exp and its relatives over 512 bits: x = n ln(2) / 16 + r, exp(x) = 2^floor(n/16) 2^((n mod 16)/16) exp(r), the middle factor out of a register.</summary>
/// <remarks>Every lane of a machine with AVX-512 computes through these, so that the bits do not depend on the width. Own polynomial fits.</remarks>
internal static class WideExp
{
    /// <summary>True where the instructions are there; folds into a constant.</summary>
    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;
    }

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
        // 1.5 2^19 has its last bit at 1/16: adding it rounds to sixteenths and leaves their number in the low bits.
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269502f), Vector512.Create(786432f));
        Vector512<float> n = shifted - Vector512.Create(786432f);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693147182f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(1.90465421e-09f), r);
        Vector512<float> root = Avx512F.PermuteVar16x32(Roots, shifted.AsInt32());
        Vector512<float> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.166670159f), Vector512.Create(0.500016570f));
        Vector512<float> q = Vector512.FusedMultiplyAdd(r * r, p, r);
        // The scaling takes the floor of n, and is right for subnormal results.
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, root), n);
    }

    /// <summary>exp(x) for |x| up to a few thousand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> ExpOfBounded(Vector512<double> x)
    {
        Vector512<double> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.4426950408889634), Vector512.Create(422212465065984.0));
        Vector512<double> n = shifted - Vector512.Create(422212465065984.0);
        Vector512<double> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.6931471805599453), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-2.3190468138462996e-17), r);
        Vector512<double> root = Avx512F.PermuteVar8x64x2(LowRoots, shifted.AsInt64(), HighRoots);
        Vector512<double> p = Vector512.FusedMultiplyAdd(r, Vector512.Create(0.0013889127421129605), Vector512.Create(0.008333474777230211));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.04166666665975648));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.1666666666432411));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5000000000000006));
        Vector512<double> q = Vector512.FusedMultiplyAdd(r * r, p, r);
        return Avx512F.Scale(Vector512.FusedMultiplyAdd(root, q, root), n);
    }

    /// <summary>a / b for b between 1 and 1e30 and a result at most 1: within 0.51 ulp, and faster than the divider.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Quotient(Vector512<float> a, Vector512<float> b)
    {
        Vector512<float> inverse = Avx512F.Reciprocal14(b);
        Vector512<float> y = a * inverse;
        return Vector512.FusedMultiplyAdd(Avx512F.FusedMultiplyAddNegated(b, y, a), inverse, y);
    }

    /// <summary>a / b for b between 1 and 1e30 and a result at most 1: within 0.51 ulp, and faster than the divider.</summary>
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
}
