using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>One double as a kernel computes with it: every operation rounds once, as IEEE 754 says, on the device and in the emulator alike.</summary>
public readonly unsafe struct DoubleLane : ILane<DoubleLane, double>
{
    private readonly double _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DoubleLane(double value) => _value = value;

    /// <inheritdoc/>
    public static int Width => 1;

    /// <inheritdoc/>
    public static bool IsSingle => false;

    /// <inheritdoc/>
    public static DoubleLane Load(double* source) => new(*source);

    /// <inheritdoc/>
    public static void Store(DoubleLane value, double* destination) => *destination = value._value;

    /// <inheritdoc/>
    public static DoubleLane Broadcast(double value) => new(value);

    /// <inheritdoc/>
    public static DoubleLane Constant(double value) => new(value);

    /// <inheritdoc/>
    public static DoubleLane operator +(DoubleLane a, DoubleLane b) => new(DeviceMath.Add(a._value, b._value));

    /// <inheritdoc/>
    public static DoubleLane operator -(DoubleLane a, DoubleLane b) => new(DeviceMath.Subtract(a._value, b._value));

    /// <inheritdoc/>
    public static DoubleLane operator *(DoubleLane a, DoubleLane b) => new(DeviceMath.Multiply(a._value, b._value));

    /// <inheritdoc/>
    public static DoubleLane operator /(DoubleLane a, DoubleLane b) => new(a._value / b._value);

    /// <inheritdoc/>
    public static DoubleLane operator -(DoubleLane a) => new(-a._value);

    /// <inheritdoc/>
    public static DoubleLane MultiplyAdd(DoubleLane a, DoubleLane b, DoubleLane c) => new(DeviceMath.MultiplyAdd(a._value, b._value, c._value));

    /// <inheritdoc/>
    public static DoubleLane Max(DoubleLane a, DoubleLane b) => IsLess(b, a) ? a : b;

    /// <inheritdoc/>
    public static DoubleLane Min(DoubleLane a, DoubleLane b) => IsLess(a, b) ? a : b;

    /// <inheritdoc/>
    public static DoubleLane Abs(DoubleLane a) => new(Math.Abs(a._value));

    /// <inheritdoc/>
    public static DoubleLane Sqrt(DoubleLane a) => new(Math.Sqrt(a._value));

    /// <inheritdoc/>
    public static DoubleLane Round(DoubleLane a) => new(DeviceMath.Round(a._value));

    /// <inheritdoc/>
    public static DoubleLane CopySign(DoubleLane magnitude, DoubleLane sign) => FromBits((Bits(magnitude) & long.MaxValue) | (Bits(sign) & long.MinValue));

    /// <inheritdoc/>
    public static DoubleLane LessThan(DoubleLane a, DoubleLane b) => FromBits(IsLess(a, b) ? -1L : 0L);

    /// <inheritdoc/>
    public static DoubleLane EqualTo(DoubleLane a, DoubleLane b) => FromBits(a._value == b._value ? -1L : 0L);

    /// <inheritdoc/>
    public static DoubleLane Select(DoubleLane mask, DoubleLane whenSet, DoubleLane whenClear) => Any(mask) ? whenSet : whenClear;

    /// <inheritdoc/>
    public static bool Any(DoubleLane mask) => Bits(mask) != 0;

    /// <inheritdoc/>
    public static DoubleLane PowerOfTwo(DoubleLane n) => FromBits(((long)n._value + 1023) << 52);

    /// <inheritdoc/>
    public static DoubleLane ScaleByPowerOfTwo(DoubleLane x, DoubleLane n)
    {
        // Two steps: the first is exact, so the result is rounded once even when it is subnormal.
        DoubleLane half = Round(n * Constant(0.5));
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    public static DoubleLane Decompose(DoubleLane x, out DoubleLane exponent)
    {
        // The bits of sqrt(1/2) go to a power of two, so that the exponent changes there.
        long shifted = Bits(x) - 0x3FE6A09E667F3BCD + 0x3FF0000000000000;
        exponent = new((shifted >> 52) - 1023);
        return FromBits((shifted & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD);
    }

    /// <inheritdoc/>
    public static Vector512<double> Widen(DoubleLane a) => Vector512.CreateScalarUnsafe(a._value);

    /// <inheritdoc/>
    public static DoubleLane Narrow(Vector512<double> wide) => new(wide.ToScalar());

    /// <inheritdoc/>
    public static double First(DoubleLane a) => a._value;

    /// <inheritdoc/>
    public static double FirstInDouble(DoubleLane a) => a._value;

    /// <inheritdoc/>
    public static double SumElements(DoubleLane a) => a._value;

    /// <inheritdoc/>
    public static DoubleLane Exp(DoubleLane x) => LaneExp.Exp<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane ExpOfMinusSize(DoubleLane x) => LaneExp.ExpOfMinusSize<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Expm1(DoubleLane x) => LaneExp.Expm1<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Log(DoubleLane x) => LaneLog.Log<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Log1p(DoubleLane x) => LaneLog.Log1p<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Log1pOfUnit(DoubleLane x) => LaneLog.Log1pOfUnit<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Sigmoid(DoubleLane x) => LaneMath.Sigmoid<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane SigmoidOf(DoubleLane x, DoubleLane e) => LaneMath.SigmoidOf<DoubleLane, double>(x, e);

    /// <inheritdoc/>
    public static DoubleLane Quotient(DoubleLane a, DoubleLane b) => a / b;

    /// <inheritdoc/>
    public static DoubleLane Tanh(DoubleLane x) => LaneTanh.Tanh<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Erf(DoubleLane x) => LaneErf.Erf<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane ErfInverse(DoubleLane x) => LaneErf.ErfInverse<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Sin(DoubleLane x) => TrigReduction.IsNeeded(x._value) ? TrigReduction.Sin(x._value) : LaneTrig.Sin<DoubleLane, double>(x);

    /// <inheritdoc/>
    public static DoubleLane Cos(DoubleLane x) => TrigReduction.IsNeeded(x._value) ? TrigReduction.Cos(x._value) : LaneTrig.Cos<DoubleLane, double>(x);

    // Not a < b: when a becomes a constant, ILGPU 1.5.3 exchanges the operands and with them what a NaN gives. The difference has the sign of the exact one, and is NaN for
    // infinities of one sign, which are not less either.
    private static bool IsLess(DoubleLane a, DoubleLane b) => DeviceMath.Subtract(b._value, a._value) > 0;

    private static long Bits(DoubleLane a) => BitConverter.DoubleToInt64Bits(a._value);

    private static DoubleLane FromBits(long bits) => new(BitConverter.Int64BitsToDouble(bits));
}
