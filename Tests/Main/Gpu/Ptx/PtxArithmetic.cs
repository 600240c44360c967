namespace NativeFlow.Tests;

/// <summary>Everything that computes registers from registers, by the PTX manual; null for what is not known.</summary>
internal static class PtxArithmetic
{
    public static Action<PtxThread>? Make(string[] name, int[] o)
    {
        if (name.Any(static n => n is "ftz" or "approx" or "sat")) return null;
        string type = name[^1];
        return name[0] switch
        {
            "mov" or "cvta" => t => t.R[o[0]] = t.R[o[1]],
            "cvt" => Convert(name, o),
            "setp" => Compare(name, o),
            "selp" => t => t.R[o[0]] = t.R[o[3]] != 0 ? t.R[o[1]] : t.R[o[2]],
            "testp" => Test(name[1], o, type == "f32" ? static (t, i) => t.F(i) : static (t, i) => t.D(i)),
            _ => type switch
            {
                "f32" => Single(name, o),
                "f64" => Double(name, o),
                "pred" => Bits(name, o, 1),
                "b32" => Bits(name, o, uint.MaxValue),
                "b64" => Bits(name, o, ulong.MaxValue),
                "s32" => Int(name, o),
                "u32" => UInt(name, o),
                "s64" => Long(name, o),
                "u64" => ULong(name, o),
                _ => null,
            },
        };
    }

    private static Action<PtxThread>? Test(string property, int[] o, Func<PtxThread, int, double> of) => property switch
    {
        "notanumber" => t => t.Set(o[0], double.IsNaN(of(t, o[1]))),
        "number" => t => t.Set(o[0], !double.IsNaN(of(t, o[1]))),
        "infinite" => t => t.Set(o[0], double.IsInfinity(of(t, o[1]))),
        "finite" => t => t.Set(o[0], double.IsFinite(of(t, o[1]))),
        _ => null,
    };

    private static Action<PtxThread>? Single(string[] name, int[] o) => name[0] switch
    {
        "add" => t => t.Set(o[0], t.F(o[1]) + t.F(o[2])),
        "sub" => t => t.Set(o[0], t.F(o[1]) - t.F(o[2])),
        "mul" => t => t.Set(o[0], t.F(o[1]) * t.F(o[2])),
        "div" when name[1] == "rn" => t => t.Set(o[0], t.F(o[1]) / t.F(o[2])),
        "rcp" when name[1] == "rn" => t => t.Set(o[0], 1 / t.F(o[1])),
        "sqrt" when name[1] == "rn" => t => t.Set(o[0], MathF.Sqrt(t.F(o[1]))),
        "fma" when name[1] == "rn" => t => t.Set(o[0], MathF.FusedMultiplyAdd(t.F(o[1]), t.F(o[2]), t.F(o[3]))),
        "neg" => t => t.Set(o[0], t.U(o[1]) ^ 0x80000000u),
        "abs" => t => t.Set(o[0], t.U(o[1]) & 0x7FFFFFFFu),
        // A NaN loses against a number.
        "min" => t => t.Set(o[0], float.MinNumber(t.F(o[1]), t.F(o[2]))),
        "max" => t => t.Set(o[0], float.MaxNumber(t.F(o[1]), t.F(o[2]))),
        "copysign" => t => t.Set(o[0], MathF.CopySign(t.F(o[2]), t.F(o[1]))),
        _ => null,
    };

    private static Action<PtxThread>? Double(string[] name, int[] o) => name[0] switch
    {
        "add" => t => t.Set(o[0], t.D(o[1]) + t.D(o[2])),
        "sub" => t => t.Set(o[0], t.D(o[1]) - t.D(o[2])),
        "mul" => t => t.Set(o[0], t.D(o[1]) * t.D(o[2])),
        "div" when name[1] == "rn" => t => t.Set(o[0], t.D(o[1]) / t.D(o[2])),
        "rcp" when name[1] == "rn" => t => t.Set(o[0], 1 / t.D(o[1])),
        "sqrt" when name[1] == "rn" => t => t.Set(o[0], Math.Sqrt(t.D(o[1]))),
        "fma" when name[1] == "rn" => t => t.Set(o[0], Math.FusedMultiplyAdd(t.D(o[1]), t.D(o[2]), t.D(o[3]))),
        "neg" => t => t.Set(o[0], t.R[o[1]] ^ (1UL << 63)),
        "abs" => t => t.Set(o[0], t.R[o[1]] & ~(1UL << 63)),
        "min" => t => t.Set(o[0], double.MinNumber(t.D(o[1]), t.D(o[2]))),
        "max" => t => t.Set(o[0], double.MaxNumber(t.D(o[1]), t.D(o[2]))),
        "copysign" => t => t.Set(o[0], Math.CopySign(t.D(o[2]), t.D(o[1]))),
        _ => null,
    };

    private static Action<PtxThread>? Bits(string[] name, int[] o, ulong mask) => name[0] switch
    {
        "and" => t => t.Set(o[0], t.R[o[1]] & t.R[o[2]] & mask),
        "or" => t => t.Set(o[0], (t.R[o[1]] | t.R[o[2]]) & mask),
        "xor" => t => t.Set(o[0], (t.R[o[1]] ^ t.R[o[2]]) & mask),
        "not" => t => t.Set(o[0], ~t.R[o[1]] & mask),
        // Shifts beyond the width give 0, whatever C# does.
        "shl" => mask == uint.MaxValue
            ? t => t.Set(o[0], t.U(o[2]) > 31 ? 0u : t.U(o[1]) << t.I(o[2]))
            : t => t.Set(o[0], t.U(o[2]) > 63 ? 0ul : t.R[o[1]] << t.I(o[2])),
        "shr" => mask == uint.MaxValue
            ? t => t.Set(o[0], t.U(o[2]) > 31 ? 0u : t.U(o[1]) >> t.I(o[2]))
            : t => t.Set(o[0], t.U(o[2]) > 63 ? 0ul : t.R[o[1]] >> t.I(o[2])),
        "popc" => mask == uint.MaxValue ? t => t.Set(o[0], (uint)System.Numerics.BitOperations.PopCount(t.U(o[1]))) : null,
        _ => null,
    };

    private static Action<PtxThread>? Int(string[] name, int[] o) => name[0] switch
    {
        "add" => t => t.Set(o[0], t.I(o[1]) + t.I(o[2])),
        "sub" => t => t.Set(o[0], t.I(o[1]) - t.I(o[2])),
        "mul" when name[1] == "lo" => t => t.Set(o[0], t.I(o[1]) * t.I(o[2])),
        "mul" when name[1] == "wide" => t => t.Set(o[0], (long)t.I(o[1]) * t.I(o[2])),
        "mad" when name[1] == "lo" => t => t.Set(o[0], (t.I(o[1]) * t.I(o[2])) + t.I(o[3])),
        "div" => t => t.Set(o[0], t.I(o[1]) / t.I(o[2])),
        "rem" => t => t.Set(o[0], t.I(o[1]) % t.I(o[2])),
        "neg" => t => t.Set(o[0], -t.I(o[1])),
        "abs" => t => t.Set(o[0], Math.Abs(t.I(o[1]))),
        "min" => t => t.Set(o[0], Math.Min(t.I(o[1]), t.I(o[2]))),
        "max" => t => t.Set(o[0], Math.Max(t.I(o[1]), t.I(o[2]))),
        "shr" => t => t.Set(o[0], t.I(o[1]) >> Math.Min(31, t.I(o[2]))),
        _ => null,
    };

    private static Action<PtxThread>? UInt(string[] name, int[] o) => name[0] switch
    {
        "add" or "sub" or "mad" => Int(name, o),
        "mul" when name[1] == "lo" => Int(name, o),
        "mul" when name[1] == "wide" => t => t.Set(o[0], (ulong)t.U(o[1]) * t.U(o[2])),
        "mul" when name[1] == "hi" => t => t.Set(o[0], (uint)(((ulong)t.U(o[1]) * t.U(o[2])) >> 32)),
        "div" => t => t.Set(o[0], t.U(o[1]) / t.U(o[2])),
        "rem" => t => t.Set(o[0], t.U(o[1]) % t.U(o[2])),
        "min" => t => t.Set(o[0], Math.Min(t.U(o[1]), t.U(o[2]))),
        "max" => t => t.Set(o[0], Math.Max(t.U(o[1]), t.U(o[2]))),
        "shr" => t => t.Set(o[0], t.U(o[2]) > 31 ? 0u : t.U(o[1]) >> t.I(o[2])),
        _ => null,
    };

    private static Action<PtxThread>? Long(string[] name, int[] o) => name[0] switch
    {
        "add" => t => t.Set(o[0], t.L(o[1]) + t.L(o[2])),
        "sub" => t => t.Set(o[0], t.L(o[1]) - t.L(o[2])),
        "mul" when name[1] == "lo" => t => t.Set(o[0], t.L(o[1]) * t.L(o[2])),
        "mad" when name[1] == "lo" => t => t.Set(o[0], (t.L(o[1]) * t.L(o[2])) + t.L(o[3])),
        "div" => t => t.Set(o[0], t.L(o[1]) / t.L(o[2])),
        "rem" => t => t.Set(o[0], t.L(o[1]) % t.L(o[2])),
        "neg" => t => t.Set(o[0], -t.L(o[1])),
        "min" => t => t.Set(o[0], Math.Min(t.L(o[1]), t.L(o[2]))),
        "max" => t => t.Set(o[0], Math.Max(t.L(o[1]), t.L(o[2]))),
        "shr" => t => t.Set(o[0], t.L(o[1]) >> Math.Min(63, t.I(o[2]))),
        _ => null,
    };

    private static Action<PtxThread>? ULong(string[] name, int[] o) => name[0] switch
    {
        "add" or "sub" or "mad" => Long(name, o),
        "mul" when name[1] == "lo" => Long(name, o),
        "div" => t => t.Set(o[0], t.R[o[1]] / t.R[o[2]]),
        "rem" => t => t.Set(o[0], t.R[o[1]] % t.R[o[2]]),
        "min" => t => t.Set(o[0], Math.Min(t.R[o[1]], t.R[o[2]])),
        "max" => t => t.Set(o[0], Math.Max(t.R[o[1]], t.R[o[2]])),
        "shr" => t => t.Set(o[0], t.U(o[2]) > 63 ? 0ul : t.R[o[1]] >> t.I(o[2])),
        _ => null,
    };

    private static Action<PtxThread>? Convert(string[] name, int[] o) => string.Join('.', name[1..]) switch
    {
        "f64.f32" => t => t.Set(o[0], (double)t.F(o[1])),
        "rn.f32.f64" => t => t.Set(o[0], (float)t.D(o[1])),
        "rn.f32.s32" => t => t.Set(o[0], (float)t.I(o[1])),
        "rn.f32.u32" => t => t.Set(o[0], (float)t.U(o[1])),
        "rn.f32.s64" => t => t.Set(o[0], (float)t.L(o[1])),
        "rn.f32.u64" => t => t.Set(o[0], (float)t.R[o[1]]),
        "rn.f64.s32" => t => t.Set(o[0], (double)t.I(o[1])),
        "rn.f64.u32" => t => t.Set(o[0], (double)t.U(o[1])),
        "rn.f64.s64" => t => t.Set(o[0], (double)t.L(o[1])),
        "rn.f64.u64" => t => t.Set(o[0], (double)t.R[o[1]]),
        "rni.f32.f32" => t => t.Set(o[0], MathF.Round(t.F(o[1]))),
        "rni.f64.f64" => t => t.Set(o[0], Math.Round(t.D(o[1]))),
        "rmi.f32.f32" => t => t.Set(o[0], MathF.Floor(t.F(o[1]))),
        "rmi.f64.f64" => t => t.Set(o[0], Math.Floor(t.D(o[1]))),
        // Saturating, NaN to 0: as C# since .NET 9.
        "rzi.s32.f32" => t => t.Set(o[0], (int)t.F(o[1])),
        "rzi.u32.f32" => t => t.Set(o[0], (uint)t.F(o[1])),
        "rzi.s64.f32" => t => t.Set(o[0], (long)t.F(o[1])),
        "rzi.s32.f64" => t => t.Set(o[0], (int)t.D(o[1])),
        "rzi.u32.f64" => t => t.Set(o[0], (uint)t.D(o[1])),
        "rzi.s64.f64" => t => t.Set(o[0], (long)t.D(o[1])),
        "s64.s32" => t => t.Set(o[0], (long)t.I(o[1])),
        "u64.u32" => t => t.Set(o[0], (ulong)t.U(o[1])),
        "s64.u32" => t => t.Set(o[0], (ulong)t.U(o[1])),
        "u64.s32" => t => t.Set(o[0], (long)t.I(o[1])),
        "s32.s64" or "u32.u64" or "u32.s64" or "s32.u64" => t => t.Set(o[0], t.U(o[1])),
        "u32.u8" => t => t.Set(o[0], (uint)(byte)t.R[o[1]]),
        "u8.u32" => t => t.Set(o[0], (uint)(byte)t.R[o[1]]),
        _ => null,
    };

    private static Action<PtxThread>? Compare(string[] name, int[] o)
    {
        Func<PtxThread, bool>? test = name[^1] switch
        {
            "f32" => Float(name[1], o[1], o[2], static (t, i) => t.F(i)),
            "f64" => Float(name[1], o[1], o[2], static (t, i) => t.D(i)),
            "s32" => Whole(name[1], o[1], o[2], static (t, i) => t.I(i)),
            "s64" => Whole(name[1], o[1], o[2], static (t, i) => t.L(i)),
            "u32" or "b32" => Whole(name[1], o[1], o[2], static (t, i) => t.U(i)),
            "u64" or "b64" => Whole(name[1], o[1], o[2], static (t, i) => (Int128)t.R[i]),
            _ => null,
        };
        if (test is null) return null;
        return name.Length switch
        {
            3 => t => t.Set(o[0], test(t)),
            4 when name[2] == "or" => t => t.Set(o[0], test(t) || t.R[o[3]] != 0),
            4 when name[2] == "and" => t => t.Set(o[0], test(t) && t.R[o[3]] != 0),
            _ => null,
        };
    }

    private static Func<PtxThread, bool>? Float(string comparison, int a, int b, Func<PtxThread, int, double> of) => comparison switch
    {
        "eq" => t => of(t, a) == of(t, b),
        "ne" => t => of(t, a) < of(t, b) || of(t, a) > of(t, b),
        "lt" => t => of(t, a) < of(t, b),
        "le" => t => of(t, a) <= of(t, b),
        "gt" => t => of(t, a) > of(t, b),
        "ge" => t => of(t, a) >= of(t, b),
        "equ" => t => !(of(t, a) < of(t, b) || of(t, a) > of(t, b)),
        "neu" => t => of(t, a) != of(t, b),
        "ltu" => t => !(of(t, a) >= of(t, b)),
        "leu" => t => !(of(t, a) > of(t, b)),
        "gtu" => t => !(of(t, a) <= of(t, b)),
        "geu" => t => !(of(t, a) < of(t, b)),
        "nan" => t => double.IsNaN(of(t, a)) || double.IsNaN(of(t, b)),
        "num" => t => !double.IsNaN(of(t, a)) && !double.IsNaN(of(t, b)),
        _ => null,
    };

    private static Func<PtxThread, bool>? Whole(string comparison, int a, int b, Func<PtxThread, int, Int128> of) => comparison switch
    {
        "eq" => t => of(t, a) == of(t, b),
        "ne" => t => of(t, a) != of(t, b),
        "lt" or "lo" => t => of(t, a) < of(t, b),
        "le" or "ls" => t => of(t, a) <= of(t, b),
        "gt" or "hi" => t => of(t, a) > of(t, b),
        "ge" or "hs" => t => of(t, a) >= of(t, b),
        _ => null,
    };
}
