using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace NativeFlow.Kernels;

/// <summary>A lane as wide as <see cref="Vector{T}"/>: the readable default.</summary>
public readonly unsafe struct VectorLane<T> : ILane<VectorLane<T>, T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Vector<T> _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private VectorLane(Vector<T> value) => _value = value;

    /// <inheritdoc/>
    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector<T>.Count;
    }

    /// <inheritdoc/>
    public static bool IsSingle
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => typeof(T) == typeof(float);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Load(T* source) => new(Vector.Load(source));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(VectorLane<T> value, T* destination) => Vector.Store(value._value, destination);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Broadcast(T value) => new(Vector.Create(value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Constant(double value)
    {
        if (typeof(T) == typeof(float)) return new(Vector.Create((float)value).As<float, T>());
        return new(Vector.Create(value).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> operator +(VectorLane<T> a, VectorLane<T> b) => new(a._value + b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> operator -(VectorLane<T> a, VectorLane<T> b) => new(a._value - b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> operator *(VectorLane<T> a, VectorLane<T> b) => new(a._value * b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> operator /(VectorLane<T> a, VectorLane<T> b) => new(a._value / b._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> operator -(VectorLane<T> a) => new(-a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> MultiplyAdd(VectorLane<T> a, VectorLane<T> b, VectorLane<T> c)
    {
        if (!ScalarLane<T>.IsFused) return new((a._value * b._value) + c._value);
        if (typeof(T) == typeof(float))
            return new(Vector.FusedMultiplyAdd(a._value.As<T, float>(), b._value.As<T, float>(), c._value.As<T, float>()).As<float, T>());
        return new(Vector.FusedMultiplyAdd(a._value.As<T, double>(), b._value.As<T, double>(), c._value.As<T, double>()).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Max(VectorLane<T> a, VectorLane<T> b) => new(Vector.MaxNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Min(VectorLane<T> a, VectorLane<T> b) => new(Vector.MinNative(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Abs(VectorLane<T> a) => new(Vector.Abs(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Sqrt(VectorLane<T> a) => new(Vector.SquareRoot(a._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Round(VectorLane<T> a)
    {
        if (typeof(T) == typeof(float)) return new(Vector.Round(a._value.As<T, float>()).As<float, T>());
        return new(Vector.Round(a._value.As<T, double>()).As<double, T>());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> CopySign(VectorLane<T> magnitude, VectorLane<T> sign) => new(Vector.CopySign(magnitude._value, sign._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> LessThan(VectorLane<T> a, VectorLane<T> b) => new(Vector.LessThan(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> EqualTo(VectorLane<T> a, VectorLane<T> b) => new(Vector.Equals(a._value, b._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Select(VectorLane<T> mask, VectorLane<T> whenSet, VectorLane<T> whenClear) =>
        new(Vector.ConditionalSelect(mask._value, whenSet._value, whenClear._value));

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Any(VectorLane<T> mask) => !Vector.EqualsAll(mask._value.As<T, ulong>(), Vector<ulong>.Zero);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> PowerOfTwo(VectorLane<T> n)
    {
        // Adding 1.5 2^(mantissa bits) leaves the integer in the low bits; the shift moves it into the exponent.
        if (typeof(T) == typeof(float))
            return FromBits(Vector.ShiftLeft((n + Constant(12582912))._value.As<T, uint>(), 23) + Vector.Create(0x3F800000u));
        return FromBits(Vector.ShiftLeft((n + Constant(6755399441055744))._value.As<T, ulong>(), 52) + Vector.Create(0x3FF0000000000000ul));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> ScaleByPowerOfTwo(VectorLane<T> x, VectorLane<T> n)
    {
        // Two steps: the first is exact, so the result is rounded once even when it is subnormal.
        VectorLane<T> half = Round(n * Constant(0.5));
        return x * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToInt32(VectorLane<T> a) => int.CreateTruncating(a._value[0]);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Decompose(VectorLane<T> x, out VectorLane<T> exponent)
    {
        // Subtracting the bits of sqrt(1/2) makes the exponent field flip there; adding those of one keeps the number positive.
        if (typeof(T) == typeof(float))
        {
            Vector<uint> shifted = x._value.As<T, uint>() - Vector.Create(0x3F3504F3u) + Vector.Create(0x3F800000u);
            exponent = FromBits(Vector.ShiftRightLogical(shifted, 23) | Vector.Create(0x4B000000u)) - Constant(8388608 + 127);
            return FromBits((shifted & Vector.Create(0x007FFFFFu)) + Vector.Create(0x3F3504F3u));
        }
        Vector<ulong> wide = x._value.As<T, ulong>() - Vector.Create(0x3FE6A09E667F3BCDul) + Vector.Create(0x3FF0000000000000ul);
        exponent = FromBits(Vector.ShiftRightLogical(wide, 52) | Vector.Create(0x4330000000000000ul)) - Constant(4503599627370496d + 1023);
        return FromBits((wide & Vector.Create(0x000FFFFFFFFFFFFFul)) + Vector.Create(0x3FE6A09E667F3BCDul));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Widen(VectorLane<T> a)
    {
        if (Vector<byte>.Count == 64) return a._value.AsVector512();
        if (Vector<byte>.Count == 32) return a._value.AsVector256().ToVector512Unsafe();
        return a._value.AsVector128().ToVector256Unsafe().ToVector512Unsafe();
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Narrow(Vector512<T> wide)
    {
        if (Vector<byte>.Count == 64) return new(wide.AsVector());
        if (Vector<byte>.Count == 32) return new(wide.GetLower().AsVector());
        return new(wide.GetLower().GetLower().AsVector());
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T First(VectorLane<T> a) => a._value[0];

    /// <inheritdoc/>
    public static double FirstInDouble(VectorLane<T> a) => double.CreateTruncating(a._value[0]);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T SumElements(VectorLane<T> a) => Vector.Sum(a._value);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Exp(VectorLane<T> x) => LaneChoice.Exp<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> ExpOfMinusSize(VectorLane<T> x) => LaneChoice.ExpOfMinusSize<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Expm1(VectorLane<T> x) => LaneChoice.Expm1<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Log(VectorLane<T> x) => LaneChoice.Log<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Log1p(VectorLane<T> x) => LaneChoice.Log1p<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Log1pOfUnit(VectorLane<T> x) => LaneChoice.Log1pOfUnit<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Sigmoid(VectorLane<T> x) => LaneChoice.Sigmoid<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> SigmoidOf(VectorLane<T> x, VectorLane<T> e) => LaneChoice.SigmoidOf<VectorLane<T>, T>(x, e);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Quotient(VectorLane<T> a, VectorLane<T> b) => LaneChoice.Quotient<VectorLane<T>, T>(a, b);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Tanh(VectorLane<T> x) => LaneChoice.Tanh<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Erf(VectorLane<T> x) => LaneChoice.Erf<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> ErfInverse(VectorLane<T> x) => LaneChoice.ErfInverse<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Sin(VectorLane<T> x) => LaneChoice.Sin<VectorLane<T>, T>(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VectorLane<T> Cos(VectorLane<T> x) => LaneChoice.Cos<VectorLane<T>, T>(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorLane<T> FromBits(Vector<uint> bits) => new(bits.As<uint, T>());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VectorLane<T> FromBits(Vector<ulong> bits) => new(bits.As<ulong, T>());
}
