using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace NativeFlow.Kernels;

/// <summary>A lane of one element: the tail of a loop, and any machine without vectors.</summary>
public readonly unsafe struct ScalarLane<T> : ILane<ScalarLane<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly T _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ScalarLane(T value) => _value = value;

    /// <summary>True where multiply-add is one instruction, so that every lane rounds it once.</summary>
    internal static bool IsFused
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Fma.IsSupported || AdvSimd.IsSupported;
    }

    /// <inheritdoc/>
    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    /// <inheritdoc/>
    public static bool IsSingle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Load(T* source) => new(*source);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ScalarLane<T> value, T* destination) => *destination = value._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Broadcast(T value) => new(value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Constant(double value) => new(T.CreateTruncating(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> operator +(ScalarLane<T> a, ScalarLane<T> b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> operator -(ScalarLane<T> a, ScalarLane<T> b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> operator *(ScalarLane<T> a, ScalarLane<T> b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> operator /(ScalarLane<T> a, ScalarLane<T> b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> operator -(ScalarLane<T> a) => new(-a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> MultiplyAdd(ScalarLane<T> a, ScalarLane<T> b, ScalarLane<T> c) =>
        new(IsFused ? T.FusedMultiplyAdd(a._value, b._value, c._value) : (a._value * b._value) + c._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Max(ScalarLane<T> a, ScalarLane<T> b) => a._value > b._value ? a : b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Min(ScalarLane<T> a, ScalarLane<T> b) => a._value < b._value ? a : b;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Abs(ScalarLane<T> a) => new(T.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Sqrt(ScalarLane<T> a) => new(T.Sqrt(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Round(ScalarLane<T> a) => new(T.Round(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> CopySign(ScalarLane<T> magnitude, ScalarLane<T> sign) => new(T.CopySign(magnitude._value, sign._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> LessThan(ScalarLane<T> a, ScalarLane<T> b) => Mask(a._value < b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> EqualTo(ScalarLane<T> a, ScalarLane<T> b) => Mask(a._value == b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Select(ScalarLane<T> mask, ScalarLane<T> whenSet, ScalarLane<T> whenClear) => Any(mask) ? whenSet : whenClear;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(ScalarLane<T> mask)
    {
        if (typeof(T) == typeof(float)) return Unsafe.BitCast<T, uint>(mask._value) != 0;
        return Unsafe.BitCast<T, ulong>(mask._value) != 0;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> PowerOfTwo(ScalarLane<T> n)
    {
        // Adding 1.5 2^(mantissa bits) leaves the integer in the low bits; the shift moves it into the exponent.
        if (typeof(T) == typeof(float))
            return FromBits((BitConverter.SingleToUInt32Bits(float.CreateTruncating(n._value) + 12582912f) << 23) + 0x3F800000u);
        return FromBits((BitConverter.DoubleToUInt64Bits(double.CreateTruncating(n._value) + 6755399441055744d) << 52) + 0x3FF0000000000000ul);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> ScaleByPowerOfTwo(ScalarLane<T> x, ScalarLane<T> n)
    {
        // Two steps: the first is exact, so the result is rounded once even when it is subnormal.
        ScalarLane<T> half = Round(n * Constant(0.5));
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToInt32(ScalarLane<T> a) => int.CreateTruncating(a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Decompose(ScalarLane<T> x, out ScalarLane<T> exponent)
    {
        if (typeof(T) == typeof(float))
        {
            uint shifted = Unsafe.BitCast<T, uint>(x._value) - 0x3F3504F3u + 0x3F800000u;
            exponent = FromBits((shifted >> 23) | 0x4B000000u) - Constant(8388608 + 127);
            return FromBits((shifted & 0x007FFFFFu) + 0x3F3504F3u);
        }
        ulong wide = Unsafe.BitCast<T, ulong>(x._value) - 0x3FE6A09E667F3BCDul + 0x3FF0000000000000ul;
        exponent = FromBits((wide >> 52) | 0x4330000000000000ul) - Constant(4503599627370496d + 1023);
        return FromBits((wide & 0x000FFFFFFFFFFFFFul) + 0x3FE6A09E667F3BCDul);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Widen(ScalarLane<T> a) => Vector512.CreateScalarUnsafe(a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Narrow(Vector512<T> wide) => new(wide.ToScalar());

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First(ScalarLane<T> a) => a._value;

    /// <inheritdoc/>
    public static double FirstInDouble(ScalarLane<T> a) => double.CreateTruncating(a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SumElements(ScalarLane<T> a) => a._value;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Exp(ScalarLane<T> x) => LaneChoice.Exp<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> ExpOfMinusSize(ScalarLane<T> x) => LaneChoice.ExpOfMinusSize<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Expm1(ScalarLane<T> x) => LaneChoice.Expm1<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Log(ScalarLane<T> x) => LaneChoice.Log<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Log1p(ScalarLane<T> x) => LaneChoice.Log1p<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Log1pOfUnit(ScalarLane<T> x) => LaneChoice.Log1pOfUnit<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Sigmoid(ScalarLane<T> x) => LaneChoice.Sigmoid<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> SigmoidOf(ScalarLane<T> x, ScalarLane<T> e) => LaneChoice.SigmoidOf<ScalarLane<T>, T>(x, e);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Quotient(ScalarLane<T> a, ScalarLane<T> b) => LaneChoice.Quotient<ScalarLane<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Tanh(ScalarLane<T> x) => LaneChoice.Tanh<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Erf(ScalarLane<T> x) => LaneChoice.Erf<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> ErfInverse(ScalarLane<T> x) => LaneChoice.ErfInverse<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Sin(ScalarLane<T> x) => LaneChoice.Sin<ScalarLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ScalarLane<T> Cos(ScalarLane<T> x) => LaneChoice.Cos<ScalarLane<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarLane<T> Mask(bool set)
    {
        if (typeof(T) == typeof(float)) return FromBits(set ? uint.MaxValue : 0u);
        return FromBits(set ? ulong.MaxValue : 0ul);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarLane<T> FromBits(uint bits) => new(Unsafe.BitCast<uint, T>(bits));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ScalarLane<T> FromBits(ulong bits) => new(Unsafe.BitCast<ulong, T>(bits));
}
