using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels.Gpu;

/// <summary>One float as a kernel computes with it: every operation rounds once, as IEEE 754 says, on the device and in the emulator alike.</summary>
public readonly unsafe struct SingleLane : ILane<SingleLane, float>
{
    private readonly float _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SingleLane(float value) => _value = value;

    /// <inheritdoc/>
    public static int Width => 1;

    /// <inheritdoc/>
    public static bool IsSingle => true;

    /// <inheritdoc/>
    public static SingleLane Load(float* source) => new(*source);

    /// <inheritdoc/>
    public static void Store(SingleLane value, float* destination) => *destination = value._value;

    /// <inheritdoc/>
    public static SingleLane Broadcast(float value) => new(value);

    /// <inheritdoc/>
    public static SingleLane Constant(double value) => new((float)value);

    /// <inheritdoc/>
    public static SingleLane operator +(SingleLane a, SingleLane b) => new(DeviceMath.Add(a._value, b._value));

    /// <inheritdoc/>
    public static SingleLane operator -(SingleLane a, SingleLane b) => new(DeviceMath.Subtract(a._value, b._value));

    /// <inheritdoc/>
    public static SingleLane operator *(SingleLane a, SingleLane b) => new(DeviceMath.Multiply(a._value, b._value));

    /// <inheritdoc/>
    public static SingleLane operator /(SingleLane a, SingleLane b) => new(a._value / b._value);

    /// <inheritdoc/>
    public static SingleLane operator -(SingleLane a) => new(-a._value);

    /// <inheritdoc/>
    public static SingleLane MultiplyAdd(SingleLane a, SingleLane b, SingleLane c) => new(DeviceMath.MultiplyAdd(a._value, b._value, c._value));

    /// <inheritdoc/>
    public static SingleLane Max(SingleLane a, SingleLane b) => IsLess(b, a) ? a : b;

    /// <inheritdoc/>
    public static SingleLane Min(SingleLane a, SingleLane b) => IsLess(a, b) ? a : b;

    /// <inheritdoc/>
    public static SingleLane Abs(SingleLane a) => new(MathF.Abs(a._value));

    /// <inheritdoc/>
    public static SingleLane Sqrt(SingleLane a) => new(MathF.Sqrt(a._value));

    /// <inheritdoc/>
    public static SingleLane Round(SingleLane a) => new(DeviceMath.Round(a._value));

    /// <inheritdoc/>
    public static SingleLane CopySign(SingleLane magnitude, SingleLane sign) => FromBits((Bits(magnitude) & int.MaxValue) | (Bits(sign) & int.MinValue));

    /// <inheritdoc/>
    public static SingleLane LessThan(SingleLane a, SingleLane b) => FromBits(IsLess(a, b) ? -1 : 0);

    /// <inheritdoc/>
    public static SingleLane EqualTo(SingleLane a, SingleLane b) => FromBits(a._value == b._value ? -1 : 0);

    /// <inheritdoc/>
    public static SingleLane Select(SingleLane mask, SingleLane whenSet, SingleLane whenClear) => Any(mask) ? whenSet : whenClear;

    /// <inheritdoc/>
    public static bool Any(SingleLane mask) => Bits(mask) != 0;

    /// <inheritdoc/>
    public static SingleLane PowerOfTwo(SingleLane n) => FromBits(((int)n._value + 127) << 23);

    /// <inheritdoc/>
    public static SingleLane ScaleByPowerOfTwo(SingleLane x, SingleLane n)
    {
        // Two steps: the first is exact, so the result is rounded once even when it is subnormal.
        SingleLane half = Round(n * Constant(0.5));
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    public static SingleLane Decompose(SingleLane x, out SingleLane exponent)
    {
        // The bits of sqrt(1/2) go to a power of two, so that the exponent changes there.
        int shifted = Bits(x) - 0x3F3504F3 + 0x3F800000;
        exponent = new((shifted >> 23) - 127);
        return FromBits((shifted & 0x007FFFFF) + 0x3F3504F3);
    }

    /// <inheritdoc/>
    public static Vector512<float> Widen(SingleLane a) => Vector512.CreateScalarUnsafe(a._value);

    /// <inheritdoc/>
    public static SingleLane Narrow(Vector512<float> wide) => new(wide.ToScalar());

    /// <inheritdoc/>
    public static SingleLane RoundToTf32(SingleLane a)
    {
        // Half of the last kept bit is added to the magnitude: ties go away from zero, an overflow to infinity.
        const int Half = 0x1000, Kept = ~0x1FFF;
        return FromBits((Bits(a) + Half) & Kept);
    }

    /// <inheritdoc/>
    public static float First(SingleLane a) => a._value;

    /// <inheritdoc/>
    public static double FirstInDouble(SingleLane a) => a._value;

    /// <inheritdoc/>
    public static float SumElements(SingleLane a) => a._value;

    /// <inheritdoc/>
    public static SingleLane Exp(SingleLane x) => LaneExp.Exp<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane ExpOfMinusSize(SingleLane x) => LaneExp.ExpOfMinusSize<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Expm1(SingleLane x) => LaneExp.Expm1<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Log(SingleLane x) => LaneLog.Log<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Log1p(SingleLane x) => LaneLog.Log1p<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Log1pOfUnit(SingleLane x) => LaneLog.Log1pOfUnit<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Sigmoid(SingleLane x) => LaneMath.Sigmoid<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane SigmoidOf(SingleLane x, SingleLane e) => LaneMath.SigmoidOf<SingleLane, float>(x, e);

    /// <inheritdoc/>
    public static SingleLane Quotient(SingleLane a, SingleLane b) => a / b;

    /// <inheritdoc/>
    public static SingleLane Tanh(SingleLane x) => LaneTanh.Tanh<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Erf(SingleLane x) => LaneErf.Erf<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane ErfInverse(SingleLane x) => new((float)DoubleLane.First(LaneErf.ErfInverse<DoubleLane, double>(DoubleLane.Broadcast(x._value))));

    /// <inheritdoc/>
    public static SingleLane Sin(SingleLane x) => TrigReduction.IsNeeded(x._value) ? new((float)DoubleLane.First(TrigReduction.Sin(x._value))) : LaneTrig.Sin<SingleLane, float>(x);

    /// <inheritdoc/>
    public static SingleLane Cos(SingleLane x) => TrigReduction.IsNeeded(x._value) ? new((float)DoubleLane.First(TrigReduction.Cos(x._value))) : LaneTrig.Cos<SingleLane, float>(x);

    // Not a < b: when a becomes a constant, ILGPU 1.5.3 exchanges the operands and with them what a NaN gives. The difference has the sign of the exact one, and is NaN for
    // infinities of one sign, which are not less either.
    private static bool IsLess(SingleLane a, SingleLane b) => DeviceMath.Subtract(b._value, a._value) > 0;

    private static int Bits(SingleLane a) => BitConverter.SingleToInt32Bits(a._value);

    private static SingleLane FromBits(int bits) => new(BitConverter.Int32BitsToSingle(bits));
}
