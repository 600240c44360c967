using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>Pairs of random words into pairs of standard normal numbers, with exactly rounded operations only (never <c>MultiplyAdd</c>): the same bits from every lane on every machine.</summary>
internal static unsafe class BoxMuller
{
    /// <summary>In place: first becomes r cos(angle), second r sin(angle) as double bits; count is rounded up to 8 (both hold that many).</summary>
    public static void Transform(ulong* first, ulong* second, int count)
    {
        if (Vector512.IsHardwareAccelerated) Loop<Vector512Lane<double>>(first, second, count);
        else if (Vector.IsHardwareAccelerated) Loop<VectorLane<double>>(first, second, count);
        else Loop<ScalarLane<double>>(first, second, count);
    }

    /// <summary>As <see cref="Transform"/>, in a given lane.</summary>
    internal static void Loop<TLane>(ulong* first, ulong* second, int count)
        where TLane : struct, ILane<TLane, double>
    {
        // The upper 52 bits as mantissa: numbers v in [1, 2).
        Vector<ulong> one = Vector.Create(0x3FF0000000000000ul);
        for (int i = 0; i < count; i += Vector<ulong>.Count)
        {
            (Vector.ShiftRightLogical(Vector.Load(first + i), 12) | one).Store(first + i);
            (Vector.ShiftRightLogical(Vector.Load(second + i), 12) | one).Store(second + i);
        }
        for (int i = 0; i < count; i += TLane.Width)
        {
            // 2 - v is in (0, 1]: its logarithm is finite.
            TLane.Store(Radius<TLane, double>(TLane.Constant(2) - TLane.Load((double*)first + i)), (double*)first + i);
        }
        for (int i = 0; i < count; i += TLane.Width)
        {
            TLane radius = TLane.Load((double*)first + i);
            Turn<TLane, double>(TLane.Load((double*)second + i) - TLane.Constant(1), out TLane cosine, out TLane sine);
            TLane.Store(radius * cosine, (double*)first + i);
            TLane.Store(radius * sine, (double*)second + i);
        }
    }

    // sqrt(-2 log u), the logarithm as in LaneLog but rounded after every operation.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLane Radius<TLane, T>(TLane u)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane f = TLane.Decompose(u, out TLane e) - TLane.Constant(1);
        TLane s = f / (TLane.Constant(2) + f);
        TLane z = s * s;
        TLane p = TLane.Constant(0.073095823885932096);
        p = (p * z) + TLane.Constant(0.076657508606037095);
        p = (p * z) + TLane.Constant(0.09091447873400714);
        p = (p * z) + TLane.Constant(0.11111105521911244);
        p = (p * z) + TLane.Constant(0.14285714313266668);
        p = (p * z) + TLane.Constant(0.19999999999949136);
        p = (p * z) + TLane.Constant(0.33333333333333348);
        TLane h = f * f * TLane.Constant(0.5);
        TLane low = (e * TLane.Constant(2.8235290563031577e-13)) + (s * (((z + z) * p) + h));
        TLane log = (e * TLane.Constant(0.69314718055966296)) - ((h - low) - f);
        return TLane.Sqrt(TLane.Constant(-2) * log);
    }

    // cos and sin of u turns: the quarter q nearest to 4u, and at most an eighth of a turn beside it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Turn<TLane, T>(TLane u, out TLane cosine, out TLane sine)
        where TLane : struct, ILane<TLane, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        TLane one = TLane.Constant(1);
        TLane t = TLane.Constant(4) * u;
        TLane q = TLane.Round(t);
        TLane angle = (t - q) * TLane.Constant(1.5707963267948966);
        TLane z = angle * angle;
        TLane ps = TLane.Constant(1.5918115263265974e-10);
        ps = (ps * z) + TLane.Constant(-2.5051131650235181e-08);
        ps = (ps * z) + TLane.Constant(2.7557316101617874e-06);
        ps = (ps * z) + TLane.Constant(-0.00019841269836756774);
        ps = (ps * z) + TLane.Constant(0.008333333333330948);
        ps = (ps * z) + TLane.Constant(-0.16666666666666666);
        TLane pc = TLane.Constant(-1.1382623647474604e-11);
        pc = (pc * z) + TLane.Constant(2.087614614655861e-09);
        pc = (pc * z) + TLane.Constant(-2.7557317271145144e-07);
        pc = (pc * z) + TLane.Constant(2.4801587298764561e-05);
        pc = (pc * z) + TLane.Constant(-0.0013888888888887398);
        pc = (pc * z) + TLane.Constant(0.041666666666666664);
        TLane s = (angle * z * ps) + angle;
        TLane c = (z * z * pc) + (one - (z * TLane.Constant(0.5)));
        TLane isOne = TLane.EqualTo(q, one), isTwo = TLane.EqualTo(q, TLane.Constant(2)), isThree = TLane.EqualTo(q, TLane.Constant(3));
        cosine = TLane.Select(isOne, -s, TLane.Select(isTwo, -c, TLane.Select(isThree, s, c)));
        sine = TLane.Select(isOne, c, TLane.Select(isTwo, -s, TLane.Select(isThree, -c, s)));
    }
}
