using System.Runtime.CompilerServices;

namespace NativeFlow.Kernels.Gpu;

/// <summary>Sine and cosine where |x| is so large that only the leading digits of 2/pi's tail matter: x = (n + f) pi/2 by a product with 192 bits of 2/pi, in integers.</summary>
/// <remarks>Within 2 ulp in double for every finite x. Source: Payne and Hanek 1983, Radian reduction for trigonometric functions.</remarks>
internal static class TrigReduction
{
    /// <summary>Whether the lanes' own reduction does not reach so far.</summary>
    public static bool IsNeeded(double x) => Math.Abs(x) > LaneTrig.Limit;

    /// <summary>sin(x) for |x| beyond the limit; NaN for infinity.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DoubleLane Sin(double x)
    {
        if (double.IsInfinity(x)) return DoubleLane.Constant(double.NaN);
        DoubleLane r = Reduce(x, out uint n);
        DoubleLane y = (n & 1) == 0 ? LaneTrig.Sine<DoubleLane, double>(r) : LaneTrig.Cosine<DoubleLane, double>(r);
        return (n >= 2) != (x < 0) ? -y : y;
    }

    /// <summary>cos(x) for |x| beyond the limit; NaN for infinity.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static DoubleLane Cos(double x)
    {
        if (double.IsInfinity(x)) return DoubleLane.Constant(double.NaN);
        DoubleLane r = Reduce(x, out uint n);
        DoubleLane y = (n & 1) == 0 ? LaneTrig.Cosine<DoubleLane, double>(r) : LaneTrig.Sine<DoubleLane, double>(r);
        return n is 1 or 2 ? -y : y;
    }

    // |x| = (4 k + quadrant) pi/2 + r.
    private static DoubleLane Reduce(double x, out uint quadrant)
    {
        long bits = BitConverter.DoubleToInt64Bits(x) & long.MaxValue;
        // |x| = m 2^e; bits of 2/pi worth 4 or more in units of 2^-e give whole turns, so that 192 bits from there on are enough.
        ulong m = ((ulong)bits & 0x000FFFFFFFFFFFFF) | 0x0010000000000000, low = (uint)m, high = m >> 32;
        int first = (int)(bits >> 52) - 1075 - 2, word = first >> 5, shift = first & 31;
        uint w5 = Word(word), w4 = Word(word + 1), w3 = Word(word + 2), w2 = Word(word + 3), w1 = Word(word + 4), w0 = Word(word + 5), below = Word(word + 6);
        ulong v5 = Bits(w5, w4, shift), v4 = Bits(w4, w3, shift), v3 = Bits(w3, w2, shift), v2 = Bits(w2, w1, shift), v1 = Bits(w1, w0, shift), v0 = Bits(w0, below, shift);

        // The low 192 bits of the product, in digits of 32.
        ulong t = low * v0;
        t = (low * v1) + (t >> 32);
        ulong p1 = (uint)t;
        t = (low * v2) + (t >> 32);
        ulong p2 = (uint)t;
        t = (low * v3) + (t >> 32);
        ulong p3 = (uint)t;
        t = (low * v4) + (t >> 32);
        ulong p4 = (uint)t;
        ulong p5 = (uint)((low * v5) + (t >> 32));
        t = (high * v0) + p1;
        p1 = (uint)t;
        t = (high * v1) + p2 + (t >> 32);
        p2 = (uint)t;
        t = (high * v2) + p3 + (t >> 32);
        p3 = (uint)t;
        t = (high * v3) + p4 + (t >> 32);
        p4 = (uint)t;
        p5 = (uint)((high * v4) + p5 + (t >> 32));

        // Two bits of quadrant, then the fraction, to the nearest integer: above a half its complement counts down from the next quadrant.
        quadrant = (uint)(p5 >> 30);
        uint f0 = (uint)((p5 << 2) | (p4 >> 30)), f1 = (uint)((p4 << 2) | (p3 >> 30)), f2 = (uint)((p3 << 2) | (p2 >> 30)), f3 = (uint)((p2 << 2) | (p1 >> 30));
        bool isAbove = f0 >= 0x80000000;
        if (isAbove)
        {
            quadrant = (quadrant + 1) & 3;
            f0 = ~f0;
            f1 = ~f1;
            f2 = ~f2;
            f3 = ~f3;
        }

        // The fraction as a sum of two doubles, times pi/2.
        DoubleLane a = Digit(f0, 2.3283064365386963e-10), b = Digit(f1, 5.421010862427522e-20), c = Digit(f2, 1.2621774483536189e-29) + Digit(f3, 2.938735877055719e-39);
        DoubleLane middle = b + c, sum = a + middle, rest = (middle - (sum - a)) + (c - (middle - b));
        DoubleLane r = DoubleLane.MultiplyAdd(
            sum, DoubleLane.Constant(1.5707963267948966), DoubleLane.MultiplyAdd(sum, DoubleLane.Constant(6.123233995736766e-17), rest * DoubleLane.Constant(1.5707963267948966)));
        return isAbove ? -r : r;
    }

    private static DoubleLane Digit(uint digit, double unit) => DoubleLane.Constant((long)digit) * DoubleLane.Constant(unit);

    // 32 bits of 2/pi, from the shift-th bit of a word on.
    private static ulong Bits(uint word, uint next, int shift) => (uint)((((ulong)word << 32) | next) >> (32 - shift));

    // Digits of 2/pi behind the point, 32 bits each.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Word(int index) => index switch
    {
        0 => 0xA2F9836E,
        1 => 0x4E441529,
        2 => 0xFC2757D1,
        3 => 0xF534DDC0,
        4 => 0xDB629599,
        5 => 0x3C439041,
        6 => 0xFE5163AB,
        7 => 0xDEBBC561,
        8 => 0xB7246E3A,
        9 => 0x424DD2E0,
        10 => 0x06492EEA,
        11 => 0x09D1921C,
        12 => 0xFE1DEB1C,
        13 => 0xB129A73E,
        14 => 0xE88235F5,
        15 => 0x2EBB4484,
        16 => 0xE99C7026,
        17 => 0xB45F7E41,
        18 => 0x3991D639,
        19 => 0x835339F4,
        20 => 0x9C845F8B,
        21 => 0xBDF9283B,
        22 => 0x1FF897FF,
        23 => 0xDE05980F,
        24 => 0xEF2F118B,
        25 => 0x5A0A6D1F,
        26 => 0x6D367ECF,
        27 => 0x27CB09B7,
        28 => 0x4F463F66,
        29 => 0x9E5FEA2D,
        30 => 0x7527BAC7,
        31 => 0xEBE5F17B,
        32 => 0x3D0739F7,
        33 => 0x8A5292EA,
        34 => 0x6BFB5FB1,
        35 => 0x1F8D5D08,
        36 => 0x56033046,
        37 => 0xFC7B6BAB,
        _ => 0,
    };
}
